// Every target over its corpus: what fuzzing has found once is a test for ever.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/source_dir.h"

namespace weir {

#define FOR_EACH_TARGET(DO) \
  DO(console)               \
  DO(datagram)              \
  DO(glob)                  \
  DO(http_body)             \
  DO(ingest)                \
  DO(jwt)                   \
  DO(line)                  \
  DO(mapping)               \
  DO(parser)                \
  DO(router_config)         \
  DO(snapshot)              \
  DO(stream)

#define DECLARE(name) void Fuzz_##name(std::string_view input);
FOR_EACH_TARGET(DECLARE)

namespace {

namespace fs = std::filesystem;

const fs::path kFolder = SourceDir() / "tests/fuzz";

std::vector<std::string> InputsOf(const std::string& target) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(kFolder / "corpus" / target)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// Whole, and cut off at some places: hostile input is often half of something good.
void Replay(const std::string& target, void (*fuzz)(std::string_view)) {
  constexpr size_t kCuts = 16;
  const std::vector<std::string> inputs = InputsOf(target);
  REQUIRE(inputs.size() >= 5);
  fuzz({});
  for (const std::string& input : inputs) {
    INFO(target << ": " << input);
    fuzz(input);
    for (size_t cut = 1; cut < kCuts; ++cut) fuzz(input.substr(0, input.size() * cut / kCuts));
  }
  SUCCEED();
}

#define TEST_TARGET(name)                                                       \
  TEST_CASE("the corpus of " #name " breaks nothing, whole or cut", "[fuzz]") { \
    Replay(#name, Fuzz_##name);                                                 \
  }
FOR_EACH_TARGET(TEST_TARGET)

TEST_CASE("every fuzz target is replayed", "[fuzz]") {
  std::vector<std::string> here;
#define NAME(name) here.push_back(#name);
  FOR_EACH_TARGET(NAME)
  std::vector<std::string> there;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string stem = entry.path().stem();
    if (entry.path().extension() == ".cc" && stem != "corpus_test") there.push_back(stem);
  }
  std::sort(there.begin(), there.end());
  CHECK(here == there);
}

}  // namespace
}  // namespace weir
