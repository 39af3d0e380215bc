// TokenBucket: lets through as many as come evenly, and a burst of those that were saved up.
//
// Begins full. Thread safety: none. Tested by tests/unit/common/web_gate_test.cc.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace weir {

class TokenBucket {
 public:
  // One comes in each `interval`, and up to `burst` wait. `now`: of any clock that runs evenly.
  bool Take(std::chrono::nanoseconds now, std::chrono::nanoseconds interval, uint32_t burst) {
    const double come = static_cast<double>((now - last_).count()) /
                        static_cast<double>(std::max<int64_t>(interval.count(), 1));
    tokens_ = std::min(tokens_ + std::max(come, 0.0), static_cast<double>(burst));
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double tokens_ = std::numeric_limits<double>::max();
  std::chrono::nanoseconds last_{0};
};

}  // namespace weir
