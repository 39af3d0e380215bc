#include "exporter/pace.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr int64_t kSecond = kNanosPerSecond;

TEST_CASE("a steady pace is told as it is", "[pace]") {
  Pace pace;
  for (int64_t second = 0; second < 30; ++second) {
    pace.AddSamples(5, second * kSecond);
    pace.AddSeries(second * kSecond);
  }
  CHECK(pace.SamplesPerSecond(30 * kSecond) == Approx(5));
  CHECK(pace.SeriesPerSecond(30 * kSecond) == Approx(1));
  CHECK(pace.SamplesPerSecond(29 * kSecond) == Approx(5.5));
}

TEST_CASE("a pace fades within twenty seconds", "[pace]") {
  Pace pace;
  pace.AddSamples(100, 19 * kSecond);
  CHECK(pace.SamplesPerSecond(19 * kSecond) == Approx(10));
  CHECK(pace.SamplesPerSecond(25 * kSecond) == Approx(5));
  CHECK(pace.SamplesPerSecond(30 * kSecond) == 0);
  pace.AddSamples(1, 60 * kSecond);
  CHECK(pace.SamplesPerSecond(60 * kSecond) == Approx(0.1));
}

TEST_CASE("more new series than can be counted stay the most that can", "[pace]") {
  Pace pace;
  for (int i = 0; i < (1 << 24) + 10; ++i) pace.AddSeries(0);
  CHECK(pace.SeriesPerSecond(0) == Approx(((1 << 24) - 1) / 10.0));
  CHECK(pace.SamplesPerSecond(0) == 0);
}

}  // namespace
}  // namespace weir
