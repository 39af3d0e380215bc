#include "exporter/rank_error.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

const std::vector<std::vector<Objective>> kObjectives = {
    SummaryOptions().objectives,
    {{0.5, 0.001}},
    {{0.001, 0.0005}, {0.999, 0.0001}},
    {{0.1, 0.01}, {0.25, 0.05}, {0.75, 0.02}, {0.95, 0.005}, {0.9999, 0.00001}},
};

TEST_CASE("at an objective at most twice its error is uncertain", "[quantile]") {
  for (const auto& objectives : kObjectives) {
    const RankError error(objectives);
    for (const auto& [quantile, allowed] : objectives) {
      CHECK(error.At(quantile * 1000, 1000) <= 2 * allowed * 1000 * (1 + 1e-9));
    }
  }
}

TEST_CASE("some uncertainty is allowed at every rank", "[quantile]") {
  for (const auto& objectives : kObjectives) {
    const RankError error(objectives);
    for (int i = 0; i <= 1000; ++i) CHECK(error.At(i, 1000) > 0);
  }
}

TEST_CASE("the errors of parts add up to no more than that of the whole", "[quantile]") {
  for (const auto& objectives : kObjectives) {
    const RankError error(objectives);
    for (const double a_total : {1.0, 10.0, 1000.0}) {
      for (int a = 0; a <= 50; ++a) {
        for (int b = 0; b <= 50; ++b) {
          const double a_rank = a_total * a / 50;
          const double b_rank = 100.0 * b / 50;
          const double parts = error.At(a_rank, a_total) + error.At(b_rank, 100);
          REQUIRE(parts <= error.At(a_rank + b_rank, a_total + 100) * (1 + 1e-9));
        }
      }
    }
  }
}

TEST_CASE("quantiles 0 and 1 do not limit the error", "[quantile]") {
  const std::vector<Objective> ends = {{0, 0}, {1, 0.01}};
  CHECK(std::isinf(RankError(ends).At(0, 1000)));
}

TEST_CASE("an error of 0 counts as a thousandth of the tail", "[quantile]") {
  const std::vector<Objective> exact = {{0.9, 0}};
  CHECK(std::abs(RankError(exact).At(900, 1000) - 2 * 0.0001 * 1000) < 1e-9);
}

}  // namespace
}  // namespace weir
