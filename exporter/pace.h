// Pace: how many samples and how many new series a family had lately, by the second.
//
// Counted in windows of ten seconds: the current one and, for the part of it that is not ten
// seconds ago, the one before. Nothing has to run when nothing comes.
//
// Size: 16 bytes, since there is one for each family. Window numbers wrap after a week: a family
// that was silent for just as long shows its old pace for some seconds.
// Thread safety: owned by one shard. Tested by tests/unit/exporter/pace_test.cc.
#pragma once

#include <cstdint>

#include "common/clock.h"

namespace weir {

class Pace {
 public:
  static constexpr int64_t kWindowNanos = 10 * kNanosPerSecond;

  void AddSamples(uint32_t count, int64_t now_nanos) {
    Turn(now_nanos);
    samples_ += count;
  }
  void AddSeries(int64_t now_nanos) {
    Turn(now_nanos);
    if (series_ < kMostSeries) ++series_;
  }

  double SamplesPerSecond(int64_t now_nanos) const {
    return PerSecond(samples_, samples_before_, now_nanos);
  }
  double SeriesPerSecond(int64_t now_nanos) const {
    return PerSecond(series_, series_before_, now_nanos);
  }

 private:
  static constexpr uint32_t kMostSeries = (1 << 24) - 1;

  static uint16_t WindowOf(int64_t now_nanos) {
    return static_cast<uint16_t>(now_nanos / kWindowNanos);
  }

  void Turn(int64_t now_nanos) {
    const uint16_t window = WindowOf(now_nanos);
    if (window == window_) [[likely]]
      return;
    const bool next = window == static_cast<uint16_t>(window_ + 1);
    samples_before_ = next ? samples_ : 0;
    series_before_ = next ? series_ : 0;
    samples_ = 0;
    series_ = 0;
    window_ = window;
  }

  double PerSecond(double current, double before, int64_t now_nanos) const {
    const uint16_t window = WindowOf(now_nanos);
    if (window != window_) {
      before = window == static_cast<uint16_t>(window_ + 1) ? current : 0;
      current = 0;
    }
    const double left = 1 - static_cast<double>(now_nanos % kWindowNanos) / kWindowNanos;
    return (current + before * left) / (static_cast<double>(kWindowNanos) / kNanosPerSecond);
  }

  uint32_t samples_ = 0;
  uint32_t samples_before_ = 0;
  uint64_t window_ : 16 = 0;
  uint64_t series_ : 24 = 0;
  uint64_t series_before_ : 24 = 0;
};
static_assert(sizeof(Pace) == 16);

}  // namespace weir
