#include "exporter/native_histogram.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr uint32_t kNoLimit = 1u << 30;

using Buckets = std::vector<NativeBucket>;

Buckets Positive(const NativeHistogram& histogram) {
  return {histogram.positive().begin(), histogram.positive().end()};
}

Buckets Negative(const NativeHistogram& histogram) {
  return {histogram.negative().begin(), histogram.negative().end()};
}

double FactorOf(int schema) { return std::exp2(std::exp2(-schema)) * (1 + 1e-12); }

int32_t OnlyIndex(double factor, double value) {
  NativeHistogram histogram(factor, kNoLimit);
  histogram.Observe(value, 1);
  REQUIRE(histogram.positive().size() == 1);
  return histogram.positive()[0].index;
}

TEST_CASE("the schema follows from the bucket factor", "[native]") {
  CHECK(NativeHistogram::SchemaFor(1.1) == 3);
  CHECK(NativeHistogram::SchemaFor(1.0001) == 8);
  CHECK(NativeHistogram::SchemaFor(1.00271) == 8);
  CHECK(NativeHistogram::SchemaFor(1.006) == 7);
  CHECK(NativeHistogram::SchemaFor(1.5) == 1);
  CHECK(NativeHistogram::SchemaFor(2) == 0);
  CHECK(NativeHistogram::SchemaFor(3.9) == 0);
  CHECK(NativeHistogram::SchemaFor(4) == -1);
  CHECK(NativeHistogram::SchemaFor(16) == -2);
  CHECK(NativeHistogram::SchemaFor(256) == -3);
  CHECK(NativeHistogram::SchemaFor(65536) == -4);
  CHECK(NativeHistogram::SchemaFor(1e300) == -4);
}

TEST_CASE("upper bounds are inclusive at powers of two", "[native]") {
  for (const double factor : {1.1, 2.0, 4.0, 65536.0}) {
    CHECK(OnlyIndex(factor, 1) == 0);
    CHECK(OnlyIndex(factor, std::nextafter(1.0, 2.0)) == 1);
  }
  CHECK(OnlyIndex(1.1, 2) == 8);
  CHECK(OnlyIndex(1.1, std::nextafter(2.0, 3.0)) == 9);
  CHECK(OnlyIndex(1.1, 0.5) == -8);
  CHECK(OnlyIndex(2, 2) == 1);
  CHECK(OnlyIndex(2, 3) == 2);
  CHECK(OnlyIndex(2, 4) == 2);
  CHECK(OnlyIndex(2, 0.25) == -2);
  CHECK(OnlyIndex(4, 2) == 1);
  CHECK(OnlyIndex(4, 4) == 1);
  CHECK(OnlyIndex(4, 5) == 2);
  CHECK(OnlyIndex(4, 0.25) == -1);
  CHECK(OnlyIndex(4, 0.3) == 0);
}

TEST_CASE("every value lies in its bucket, in every schema", "[native]") {
  std::mt19937_64 random(42);
  for (int schema = NativeHistogram::kMinSchema; schema <= NativeHistogram::kMaxSchema; ++schema) {
    const double factor = FactorOf(schema);
    REQUIRE(NativeHistogram::SchemaFor(factor) == schema);
    for (int i = 0; i < 500; ++i) {
      const double exponent = std::uniform_real_distribution<double>(-126, 1023.9)(random);
      const double value = std::exp2(exponent);
      const int32_t index = OnlyIndex(factor, value);
      const long double step = std::exp2(static_cast<long double>(-schema));
      const long double upper = std::exp2(index * step);
      const long double lower = std::exp2((index - 1) * step);
      const long double slack = 1e-15L;
      if (!(value <= upper * (1 + slack) && value >= lower * (1 - slack))) {
        CAPTURE(schema, value, index);
        FAIL_CHECK("outside its bucket");
      }
    }
  }
}

TEST_CASE("tiny values share the zero bucket, NaN has none, infinities the last", "[native]") {
  NativeHistogram histogram(1.1, 256);
  histogram.Observe(0, 1);
  histogram.Observe(-0.0, 2);
  histogram.Observe(0x1p-128, 4);
  histogram.Observe(-0x1p-128, 8);
  histogram.Observe(std::numeric_limits<double>::denorm_min(), 16);
  histogram.Observe(std::nan(""), 1000);
  CHECK(histogram.zero_count() == 31);
  CHECK(histogram.positive().empty());
  CHECK(histogram.negative().empty());

  histogram.Observe(std::nextafter(0x1p-128, 1), 1);
  histogram.Observe(std::numeric_limits<double>::max(), 1);
  histogram.Observe(kInfinity, 3);
  histogram.Observe(-kInfinity, 5);
  CHECK(Positive(histogram) == Buckets{{-128 * 8 + 1, 1}, {1024 * 8, 1}, {1024 * 8 + 1, 3}});
  CHECK(Negative(histogram) == Buckets{{1024 * 8 + 1, 5}});
}

TEST_CASE("a weight counts as that many samples", "[native]") {
  NativeHistogram histogram(1.1, 256);
  histogram.Observe(1, 10);
  histogram.Observe(-1, 3);
  histogram.Observe(1, 5);
  histogram.Observe(1, 0);
  histogram.Observe(7, 0);
  CHECK(Positive(histogram) == Buckets{{0, 15}});
  CHECK(Negative(histogram) == Buckets{{0, 3}});
}

TEST_CASE("passing the limit halves the resolution and joins pairs", "[native]") {
  NativeHistogram histogram(2, 4);  // schema 0: index i holds (2^(i-1), 2^i]
  for (const int exponent : {-3, -2, 0, 1}) histogram.Observe(std::exp2(exponent), 1);
  CHECK(histogram.schema() == 0);
  CHECK(Positive(histogram) == Buckets{{-3, 1}, {-2, 1}, {0, 1}, {1, 1}});
  histogram.Observe(4, 1);
  CHECK(histogram.schema() == -1);
  CHECK(Positive(histogram) == Buckets{{-1, 2}, {0, 1}, {1, 2}});
}

TEST_CASE("a halved histogram is the one that was coarse from the start", "[native]") {
  std::mt19937_64 random(7);
  for (const uint32_t limit : {1u, 5u, 20u, 100u, 300u}) {
    NativeHistogram fine(1.0001, limit);
    std::vector<double> values;
    for (int i = 0; i < 2000; ++i) {
      double value = std::exp2(std::uniform_real_distribution<double>(-40, 40)(random));
      if (i % 10 == 0) value = std::exp2(static_cast<double>(i % 64) - 32);
      if (i % 3 == 0) value = -value;
      values.push_back(value);
      fine.Observe(value, 1);
      if (fine.positive().size() + fine.negative().size() > limit) {
        CHECK(fine.schema() == NativeHistogram::kMinSchema);
      }
    }
    NativeHistogram coarse(FactorOf(fine.schema()), kNoLimit);
    REQUIRE(coarse.schema() == fine.schema());
    for (const double value : values) coarse.Observe(value, 1);
    CHECK(Positive(coarse) == Positive(fine));
    CHECK(Negative(coarse) == Negative(fine));
  }
}

TEST_CASE("the buckets are bounded whatever is observed and whatever the limit", "[native]") {
  std::mt19937_64 random(8);
  NativeHistogram histogram(1.0001, 1);
  for (int i = 0; i < 100000; ++i) {
    const double value = std::exp2(std::uniform_real_distribution<double>(-128, 1024)(random));
    histogram.Observe(i % 2 == 0 ? value : -value, 1);
  }
  histogram.Observe(kInfinity, 1);
  histogram.Observe(-kInfinity, 1);
  CHECK(histogram.schema() == NativeHistogram::kMinSchema);
  CHECK(histogram.positive().size() + histogram.negative().size() == 146);
  CHECK(histogram.MemoryBytes() <= 2 * 146 * sizeof(NativeBucket));
}

TEST_CASE("a known bucket costs no memory", "[native]") {
  NativeHistogram histogram(1.1, 256);
  for (int i = 1; i < 50; ++i) histogram.Observe(i, 1);
  const size_t before = histogram.MemoryBytes();
  for (int round = 0; round < 1000; ++round) {
    for (int i = 1; i < 50; ++i) histogram.Observe(i, 1);
  }
  CHECK(histogram.MemoryBytes() == before);
}

TEST_CASE("spans carry small gaps as zeros and start anew after wide ones", "[native]") {
  struct Row {
    Buckets buckets;
    std::vector<NativeSpan> spans;
    std::vector<int64_t> deltas;
  };
  const Row rows[] = {
      {{}, {}, {}},
      {{{5, 7}}, {{5, 1}}, {7}},
      {{{-3, 7}}, {{-3, 1}}, {7}},
      {{{0, 2}}, {{0, 1}}, {2}},
      {{{2, 2}, {3, 5}, {4, 1}}, {{2, 3}}, {2, 3, -4}},
      {{{1, 4}, {3, 6}}, {{1, 3}}, {4, -4, 6}},
      {{{1, 4}, {4, 6}}, {{1, 4}}, {4, -4, 0, 6}},
      {{{1, 4}, {5, 6}}, {{1, 1}, {3, 1}}, {4, 2}},
      {{{-9, 1}, {-8, 1}, {0, 3}, {100, 2}}, {{-9, 2}, {7, 1}, {99, 1}}, {1, 0, 2, -1}},
  };
  std::vector<NativeSpan> spans = {{1, 1}};
  std::vector<int64_t> deltas = {9};
  for (const Row& row : rows) {
    EncodeBuckets(row.buckets, &spans, &deltas);
    CHECK(spans == row.spans);
    CHECK(deltas == row.deltas);
  }
}

}  // namespace
}  // namespace weir
