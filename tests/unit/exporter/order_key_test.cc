#include "exporter/order_key.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("order keys sort as their doubles, NaN last", "[quantile]") {
  const std::vector<double> ordered = {-kInf, -1e300, -2,    -1,  -1e-300, -5e-324, -0.0,
                                       0.0,   5e-324, 0.001, 1.0, 1.5,     1e300,   kInf};
  for (size_t i = 1; i < ordered.size(); ++i) {
    CAPTURE(ordered[i]);
    CHECK(ToOrderKey(ordered[i - 1]) < ToOrderKey(ordered[i]));
  }
  CHECK(ToOrderKey(kInf) < ToOrderKey(kNan));
}

TEST_CASE("an order key gives its double back", "[quantile]") {
  for (const double value : {-kInf, -1.25, -0.0, 0.0, 0.1, 1e300, kInf}) {
    CHECK(FromOrderKey(ToOrderKey(value)) == value);
    CHECK(std::signbit(FromOrderKey(ToOrderKey(value))) == std::signbit(value));
  }
  CHECK(std::isnan(FromOrderKey(ToOrderKey(kNan))));
}

TEST_CASE("every NaN is one key", "[quantile]") {
  CHECK(ToOrderKey(kNan) == ToOrderKey(-kNan));
  CHECK(ToOrderKey(kNan) == ToOrderKey(std::nan("7")));
}

}  // namespace
}  // namespace weir
