// Distinct: how many different members a set had in its last complete window.
//
// Windows lie at multiples of their length since time 0, the same for every series. Value is the
// count of the window before the current one: 0 if that had no members. Until the first window
// with members is over, it is their number so far, so that a new set does not show 0.
//
// Exact up to 64 members. Beyond, HyperLogLog with 4,096 registers: the standard error is 1.6 %
// (1.04 / sqrt(4096)), estimated as in Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches", 2017, algorithm 6, which is unbiased at every size.
//
// Members are given as 64-bit hashes that a client cannot foresee (a secret seed). The hash 0
// counts as 1.
//
// Size: 48 bytes, and per window 32 to 1,024 bytes while exact, then 4 KB; freed when the window is
// over.
// Thread safety: owned by one shard. Tested by tests/unit/exporter/distinct_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weir {

class Distinct {
 public:
  // REQUIRES: window > 0.
  explicit Distinct(std::chrono::nanoseconds window) : window_(window.count()) {}

  // Time that goes back counts as the current window.
  void Add(uint64_t hash, int64_t now_nanos) {
    if (now_nanos >= window_end_) Turn(now_nanos);
    if (registers_) {
      AddToRegisters(hash);
    } else {
      AddToSlots(hash == 0 ? 1 : hash);
    }
  }

  double Value(int64_t now_nanos);

  // With the heap, as an allocation of its own.
  size_t MemoryBytes() const;

 private:
  // Moves on to the window of `now_nanos`.
  void Turn(int64_t now_nanos);
  void AddToSlots(uint64_t hash);
  // Returns whether it was new. REQUIRES: there is a free slot.
  bool Place(uint64_t hash);
  void GrowSlots();
  void MoveToRegisters();
  void AddToRegisters(uint64_t hash);
  double Count() const;
  double Estimate() const;

  int64_t window_;                        // nanoseconds
  int64_t window_end_ = 0;                // 0: nothing came yet
  std::unique_ptr<uint64_t[]> slots_;     // an open hash table; 0: free
  std::unique_ptr<uint8_t[]> registers_;  // instead of the slots beyond 64 members
  uint8_t size_ = 0;                      // members in slots_
  uint8_t capacity_ = 0;                  // of slots_: 0 or a power of two
  bool complete_ = false;                 // a window is over
  double last_ = 0;                       // what the last complete window had
};

}  // namespace weir
