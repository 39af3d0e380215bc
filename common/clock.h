// The clock the data path reads: monotonic, and replaceable in tests.
//
// Read once per batch of datagrams or per tick, never per line.
// Thread safety: NowNanos() may be called from any thread.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

namespace weir {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since an arbitrary start; never goes back.
  virtual int64_t NowNanos() const = 0;
};

class SteadyClock final : public Clock {
 public:
  int64_t NowNanos() const override {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * kNanosPerSecond + now.tv_nsec;
  }
};

// Stands still until told otherwise.
class FakeClock final : public Clock {
 public:
  int64_t NowNanos() const override { return nanos_.load(std::memory_order_relaxed); }
  void Advance(int64_t nanos) { nanos_.fetch_add(nanos, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> nanos_{1'000 * kNanosPerSecond};
};

}  // namespace weir
