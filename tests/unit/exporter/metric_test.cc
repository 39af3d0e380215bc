#include "exporter/metric.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

namespace weir {
namespace {

double SumOf(std::initializer_list<double> values) {
  Counter counter{0, 0};
  for (const double value : values) counter.Add(value);
  return counter.value();
}

TEST_CASE("a counter adds whole numbers and fractions", "[metric]") {
  CHECK(SumOf({}) == 0);
  CHECK(SumOf({1, 2, 3}) == 6);
  CHECK(SumOf({0.5, 0.25, 1}) == 1.75);
  CHECK(SumOf({0.1, 0.2}) == 0.1 + 0.2);
  CHECK(SumOf({0, -0.0}) == 0);
}

TEST_CASE("a counter stays exact past 2^53", "[metric]") {
  Counter counter{0, 0};
  counter.Add(0x1p53);
  for (int i = 0; i < 1001; ++i) counter.Add(1);
  // Added as a double, each of these would have been lost.
  CHECK(counter.whole == (uint64_t{1} << 53) + 1001);
  CHECK(counter.value() == 0x1p53 + 1000);  // the double next to it: 1001 is a tie and goes to even
}

TEST_CASE("a counter takes values beyond an integer", "[metric]") {
  CHECK(SumOf({0x1p63}) == 0x1p63);
  CHECK(SumOf({0x1p64, 1}) == 0x1p64);
  CHECK(SumOf({1e300, 1}) == 1e300);
  CHECK(std::isinf(SumOf({std::numeric_limits<double>::infinity(), 1})));
}

TEST_CASE("not a number sticks to a counter", "[metric]") {
  CHECK(std::isnan(SumOf({1, std::nan(""), 1})));
}

TEST_CASE("a cell is live while its generation is odd", "[metric]") {
  Cell cell{};
  CHECK_FALSE(cell.live());
  ++cell.generation;
  CHECK(cell.live());
  ++cell.generation;
  CHECK_FALSE(cell.live());
}

}  // namespace
}  // namespace weir
