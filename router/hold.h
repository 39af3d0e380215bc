// Hold: what waits for a dead downstream to come back, bounded in time and in bytes.
//
// What has waited too long is dropped, oldest first; what does not fit is not taken, so the newest
// goes first: of a long outage it keeps a whole stretch, not shreds.
// Thread safety: one thread. Tested by tests/unit/router/hold_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <span>
#include <string>

#include "router/packet.h"

namespace weir {

class Hold {
 public:
  Hold(std::chrono::nanoseconds time, uint64_t bytes) : time_(time.count()), max_bytes_(bytes) {}

  // What is held already stays; whether it is too old is for the next Expire.
  void SetBounds(std::chrono::nanoseconds time, uint64_t bytes) {
    time_ = time.count();
    max_bytes_ = bytes;
  }

  // False, and not taken: no room.
  [[nodiscard]] bool Add(const Packet& packet, int64_t now_nanos);
  // Drops what has been here for longer than the time allowed, and says how much it was.
  Amount Expire(int64_t now_nanos);

  bool empty() const { return held_.empty(); }
  // Shows the oldest, as many as `packets` has room for; returns how many. Good until Pop or
  // Expire.
  size_t Oldest(std::span<Packet> packets) const;
  // Forgets the oldest, and says how much they were.
  Amount Pop(size_t count);

  const Amount& waiting() const { return waiting_; }

 private:
  struct Held {
    std::string bytes;
    uint32_t lines;
    int64_t since;

    Packet packet() const { return {bytes.data(), static_cast<uint32_t>(bytes.size()), lines}; }
  };

  int64_t time_;
  uint64_t max_bytes_;
  std::deque<Held> held_;
  Amount waiting_;
};

}  // namespace weir
