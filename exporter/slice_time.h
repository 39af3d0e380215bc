// SliceTime: whether a slice of the work on many series has had its time. The clock is looked at
// for every 32nd series only: a look costs as much as half a counter's share of a page.
//
// It is wall time, which bounds CPU time from above: a slice that was preempted ends early.
// Thread safety: as a plain value.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/clock.h"

namespace weir {

class SliceTime {
 public:
  explicit SliceTime(std::chrono::nanoseconds most) : end_(clock_.NowNanos() + most.count()) {}

  // To be asked once for each series.
  bool Over() { return ++series_ % kSeriesPerLook == 0 && clock_.NowNanos() >= end_; }

 private:
  static constexpr uint32_t kSeriesPerLook = 32;

  const SteadyClock clock_;
  const int64_t end_;
  uint32_t series_ = 0;
};

}  // namespace weir
