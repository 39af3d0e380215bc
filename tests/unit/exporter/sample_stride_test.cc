#include "exporter/sample_stride.h"

#include <map>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("all of few are looked at", "[sample_stride]") {
  SampleStride stride;
  size_t looks = 0;
  for (int batch = 0; batch < 20; ++batch) {
    stride.Take(20, [&](size_t place, uint32_t count) {
      CHECK(place == looks % 20);
      CHECK(count == 1);
      ++looks;
    });
  }
  CHECK(looks == 400);
  stride.Take(0, [](size_t, uint32_t) { FAIL("there was none"); });
}

TEST_CASE("few of many are looked at, and stand for all", "[sample_stride]") {
  SampleStride stride;
  constexpr size_t kSamples = 32 * 100'000;
  size_t looks = 0;
  uint64_t counted = 0;
  // Every second sample is of the same series, as from a client that sends two in turn.
  uint64_t even = 0;
  for (size_t sent = 0; sent < kSamples; sent += 32) {
    stride.Take(32, [&](size_t place, uint32_t count) {
      ++looks;
      counted += count;
      if (place % 2 == 0) even += count;
    });
  }
  CHECK(looks < 8000);
  CHECK(static_cast<double>(counted) == Approx(kSamples).epsilon(0.1));
  CHECK(static_cast<double>(even) == Approx(kSamples / 2.0).epsilon(0.15));
}

TEST_CASE("when fewer come, all of them are looked at again", "[sample_stride]") {
  SampleStride stride;
  for (int i = 0; i < 10'000; ++i) stride.Take(32, [](size_t, uint32_t) {});
  for (int second = 0; second < 30; ++second) {
    stride.Take(1, [](size_t, uint32_t) {});
    stride.Tick();
  }
  size_t looks = 0;
  for (int i = 0; i < 3000; ++i) stride.Take(1, [](size_t, uint32_t) {});
  for (int second = 0; second < 3; ++second) stride.Tick();
  stride.Take(2000, [](size_t, uint32_t) {});  // over what the last stride skips
  for (int second = 0; second < 3; ++second) stride.Tick();
  stride.Take(100, [&](size_t, uint32_t count) {
    CHECK(count == 1);
    ++looks;
  });
  CHECK(looks >= 90);
}

}  // namespace
}  // namespace weir
