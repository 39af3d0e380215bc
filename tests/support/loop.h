// RunUntil: turns a loop in the test's own thread until something has come true.
#pragma once

#include <chrono>
#include <functional>

#include "common/event_loop.h"

namespace weir {

// True as soon as `condition` holds after a turn; false when the deadline passed first. The
// condition is looked at at least every 5 ms, so it may depend on other threads and processes.
inline bool RunUntil(EventLoop& loop, const std::function<bool()>& condition,
                     std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
  constexpr std::chrono::milliseconds kLook(5);
  const Timer look(loop, kLook, kLook, [] {});
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.Turn();
  }
  return true;
}

}  // namespace weir
