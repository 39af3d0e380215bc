// Promised<T>: a value that another thread will give.
//
// Held by both sides through a shared_ptr, so that either may go first: who waits may lose
// patience, who gives may come too late. Thread safety: any thread may Give (once) and one may
// Await. Tested by tests/unit/common/promised_test.cc.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "common/wait_clock.h"

namespace weir {

template <class T>
class Promised {
 public:
  void Give(T value) {
    std::lock_guard lock(mutex_);
    value_ = std::move(value);
    given_.notify_one();
  }

  // The value, or nothing when it was not given in time.
  std::optional<T> Await(std::chrono::nanoseconds patience) {
    std::unique_lock lock(mutex_);
    given_.wait_until(lock, WaitClock::now() + patience, [this] { return value_.has_value(); });
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<T> value_;
};

}  // namespace weir
