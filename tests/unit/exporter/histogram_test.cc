#include "exporter/histogram.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

HistogramOptions Options(std::vector<double> buckets, double native_factor = 0) {
  return {.buckets = std::move(buckets), .native_bucket_factor = native_factor};
}

std::vector<uint64_t> Counts(const Histogram& histogram) {
  const auto counts = histogram.View().counts;
  return {counts.begin(), counts.end()};
}

TEST_CASE("a bucket takes what is at most its bound", "[histogram]") {
  const HistogramOptions options = Options({1, 2, 4});
  Histogram histogram(&options);
  for (const double value : {0.5, 1.0, 1.5, 2.0, 4.0, 4.5}) histogram.Observe(value, 1);
  CHECK(Counts(histogram) == std::vector<uint64_t>{2, 2, 1});
  CHECK(histogram.View().count == 6);
  CHECK(histogram.View().sum == 13.5);
  CHECK(std::vector<double>(histogram.View().bounds.begin(), histogram.View().bounds.end()) ==
        options.buckets);
}

TEST_CASE("a histogram counts a weight as so many observations", "[histogram]") {
  const HistogramOptions options = Options({1});
  Histogram histogram(&options);
  histogram.Observe(0.5, 10);
  histogram.Observe(2, 1'000'000'000'000);
  CHECK(Counts(histogram) == std::vector<uint64_t>{10});
  CHECK(histogram.View().count == 1'000'000'000'010);
  CHECK(histogram.View().sum == 5 + 2e12);
}

TEST_CASE("infinities fall to the outer buckets", "[histogram]") {
  const HistogramOptions options = Options({1, 2});
  Histogram histogram(&options);
  histogram.Observe(-kInfinity, 1);
  CHECK(histogram.View().sum == -kInfinity);
  histogram.Observe(kInfinity, 1);
  CHECK(Counts(histogram) == std::vector<uint64_t>{1, 0});
  CHECK(histogram.View().count == 2);
  CHECK(std::isnan(histogram.View().sum));
}

TEST_CASE("not a number falls into no bucket, is counted and spoils the sum", "[histogram]") {
  const HistogramOptions options = Options({1, 2});
  Histogram histogram(&options);
  histogram.Observe(std::nan(""), 3);
  histogram.Observe(1, 1);
  CHECK(Counts(histogram) == std::vector<uint64_t>{1, 0});
  CHECK(histogram.View().count == 4);
  CHECK(std::isnan(histogram.View().sum));
}

TEST_CASE("a histogram without bounds counts and sums", "[histogram]") {
  const HistogramOptions options = Options({});
  Histogram histogram(&options);
  histogram.Observe(3, 2);
  CHECK(histogram.View().counts.empty());
  CHECK(histogram.View().count == 2);
  CHECK(histogram.View().sum == 6);
}

TEST_CASE("native buckets are kept when the options ask for them", "[histogram]") {
  const HistogramOptions without = Options({1}, 1);
  CHECK(Histogram(&without).View().native == nullptr);
  const HistogramOptions with = Options({1}, 1.1);
  Histogram histogram(&with);
  CHECK(histogram.View().native != nullptr);
  histogram.Observe(3, 2);
  CHECK(histogram.MemoryBytes() > Histogram(&without).MemoryBytes());
}

}  // namespace
}  // namespace weir
