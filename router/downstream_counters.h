// DownstreamCounters: what became of the lines that were meant for one downstream.
//
// The law, in lines, at any moment between two calls into their owner:
//   taken = sent - returned + (sum of dropped) + those that wait
// Thread safety: as plain values.
// Tested by tests/unit/router/datagram_downstream_test.cc and tcp_downstream_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "router/packet.h"

namespace weir {

enum class DropReason : uint8_t {
  kRefused,      // nobody listens there
  kUnreachable,  // no route, no such host or network, an address that is not resolved yet
  kWouldBlock,   // the socket or the device took nothing for so long that the buffer is full
  kQueueFull,    // the bound of the TCP queue or of what is held for a dead downstream
  kTooLong,      // a line that no datagram holds, or a datagram that the network refuses
  kDown,         // dead, and the configuration says drop; or it stayed away until the end
  kExpired,      // held for a dead downstream for longer than allowed
  kCut,          // a TCP connection broke in the middle of the line
  kOther,
};
constexpr size_t kDropReasonCount = 9;

// As it stands in metrics and logs.
constexpr std::string_view Name(DropReason reason) {
  constexpr std::string_view kNames[kDropReasonCount] = {"refused",    "unreachable", "would_block",
                                                         "queue_full", "too_long",    "down",
                                                         "expired",    "cut",         "other"};
  return kNames[static_cast<size_t>(reason)];
}

// Which reason an errno of connecting or sending is.
DropReason DropReasonOf(int error);

struct DownstreamCounters {
  uint64_t taken_lines = 0;
  // Given to the kernel. Never falls.
  Amount sent;
  // The part of `sent` that the network told us it gave back, which is in `dropped` too. A network
  // may keep it to itself: a lower bound.
  Amount returned;
  std::array<Amount, kDropReasonCount> dropped{};  // by DropReason
  uint64_t connects = 0;                           // TCP connections that came about
  uint64_t connect_failures = 0;

  void Drop(DropReason reason, const Amount& amount) {
    dropped[static_cast<size_t>(reason)] += amount;
  }
  const Amount& dropped_for(DropReason reason) const {
    return dropped[static_cast<size_t>(reason)];
  }
  uint64_t dropped_lines() const;
  uint64_t forwarded_lines() const { return sent.lines - returned.lines; }

  DownstreamCounters& operator+=(const DownstreamCounters& other);
};

}  // namespace weir
