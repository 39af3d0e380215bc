#include "common/topology/target_file.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Targets = std::vector<Target>;

std::string ErrorOf(std::string_view text) {
  const auto targets = ReadTargets(text, "f");
  REQUIRE_FALSE(targets.has_value());
  return targets.error().message;
}

TEST_CASE("targets read alike from JSON and from YAML", "[target_file]") {
  const Targets wanted = {{"10.0.0.1:9125", "", 0}, {"node-b:9125", "", 0}, {"[::1]:9125", "c", 7}};
  for (const char* text : {
           R"([{"targets": ["10.0.0.1:9125", "node-b:9125"], "labels": {"env": "prod"}},
	{"targets":["[::1]:9125"],	"labels":{"__weight__":"7","__label__":"c"}}])",
           "- targets: ['10.0.0.1:9125', node-b:9125]\n  labels: {env: prod}\n"
           "- targets: ['[::1]:9125']\n  labels: {__weight__: 7, __label__: c}\n",
       }) {
    CAPTURE(text);
    const auto targets = ReadTargets(text, "f");
    INFO((targets ? "" : targets.error().message));
    REQUIRE(targets.has_value());
    CHECK(*targets == wanted);
  }
}

TEST_CASE("an empty list is no target, a file with nothing in it is a file being written",
          "[target_file]") {
  CHECK(ReadTargets("[]", "f").value() == Targets{});
  CHECK(ReadTargets("- targets: []\n", "f").value() == Targets{});
  for (const char* text : {"", "\n", "# nothing\n", "---\n"}) {
    CHECK(ErrorOf(text) == "f: there is nothing in it; `[]` says that there are no targets");
  }
}

TEST_CASE("what is wrong with a target file is said with its place", "[target_file]") {
  CHECK(ErrorOf("[{targets: ['a:1', b]}]").starts_with("f:1:20: targets: `b` is not host:port"));
  CHECK(ErrorOf("{targets: ['a:1']}").starts_with("f:1:1: the file: "));
  CHECK(ErrorOf("- a:1\n").starts_with("f:1:3: "));
  CHECK(ErrorOf("- target: ['a:1']\n").starts_with("f:1:3: unknown key `target`"));
  CHECK(ErrorOf("- targets: a:1\n").starts_with("f:1:12: targets: "));
  CHECK(ErrorOf("- targets: ['a:1']\n  labels: {__weight__: 0}\n")
            .starts_with("f:2:24: __weight__: `0` is not a whole number from 1 to 10000"));
  CHECK(ErrorOf("- targets: ['a:1', 'b:1']\n  labels: {__label__: x}\n")
            .starts_with("f:2:12: __label__: it cannot be that of all targets"));
  CHECK(ErrorOf("[{\"targets\": [\"a:1\", \"b:").starts_with("f:1:"));
  CHECK(ErrorOf("- targets: ['\xFF:1']").starts_with("f:1:"));
}

TEST_CASE("a pattern stands for the files that match, in order, a path for itself",
          "[target_file]") {
  const TemporaryDirectory directory;
  const fs::path dir = directory.path;
  for (const char* name : {"b.yml", "a.yml", ".c.yml", "d.json"}) std::ofstream(dir / name) << "[]";
  using Files = std::vector<std::string>;
  CHECK(FilesOf(dir / "*.yml") == Files{dir / "a.yml", dir / "b.yml"});
  CHECK(FilesOf(dir / "x*") == Files{});
  CHECK(FilesOf(dir / "x.yml") == Files{dir / "x.yml"});
  CHECK(ReadTargetFile(dir / "a.yml").value() == Targets{});
  CHECK_FALSE(ReadTargetFile(dir / "x.yml").has_value());
}

}  // namespace
}  // namespace weir
