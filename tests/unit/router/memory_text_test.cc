#include "router/memory_text.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/router_config.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 12> kNames = {"bytes allocated and in use",
                                                     "bytes allocated total",
                                                     "bytes obtained from system",
                                                     "number of pointer lookups",
                                                     "number of mallocs",
                                                     "number of frees",
                                                     "bytes allocated and still in use",
                                                     "bytes obtained from system",
                                                     "bytes in idle spans",
                                                     "bytes in non-idle span",
                                                     "bytes released to the OS",
                                                     "total number of allocated objects"};

uint64_t Figure(size_t line) {
  return std::stoull(LinesOf(MemoryText()).at(line).substr(kNames.at(line).size() + 2));
}

}  // namespace

TEST_CASE("memstats are go's twelve lines with numbers", "[memory_text]") {
  const std::string text = MemoryText();
  CHECK(text.ends_with("\n"));
  const Lines lines = LinesOf(text);
  REQUIRE(lines.size() == kNames.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(lines[i]);
    const std::string prefix = std::string(kNames[i]) + ": ";
    REQUIRE(lines[i].starts_with(prefix));
    const std::string number = lines[i].substr(prefix.size());
    CHECK_FALSE(number.empty());
    CHECK(number.find_first_not_of("0123456789") == std::string::npos);
  }
}

TEST_CASE("memstats follow what the process takes", "[memory_text]") {
  constexpr size_t kBytes = size_t{64} << 20;
  const uint64_t in_use = Figure(0);
  const uint64_t resident = Figure(2);
  // Zeroed, so touched: it is resident.
  const auto block = std::make_unique<std::string>(kBytes, 'x');
  CHECK(Figure(2) >= resident + kBytes / 2);
  // Under AddressSanitizer the heap is not the C library's, whose figures are then all 0.
  if (in_use == 0) return;
  CHECK(Figure(0) >= in_use + kBytes);
  CHECK(Figure(7) >= Figure(0));
  CHECK(block->size() == kBytes);
}

}  // namespace weir
