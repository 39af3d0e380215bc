// Downstream: one worker's transport to one downstream: datagrams (UDP, unixgram) or a TCP stream.
//
// Sending never blocks and never fails: what cannot go now waits or is dropped and counted. A
// downstream that is away is tried again, by itself or with the next packets.
//
// Threads: all on the loop's thread. Lifetimes: the loop outlives it; what still waits in it when
// it is destroyed is lost uncounted: see GiveUp. Tested by
// tests/unit/router/datagram_downstream_test.cc, tcp_downstream_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "common/event_loop.h"
#include "common/socket.h"
#include "common/topology/endpoint.h"
#include "router/downstream_counters.h"
#include "router/packet.h"

namespace weir {

struct DownstreamSpec {
  std::string label = {};
  std::string address = {};                   // as configured
  Transport transport = Transport::kUdp;      // or kUnixgram, kTcp
  uint64_t queue_bytes = uint64_t{16} << 20;  // TCP
  Endpoint endpoint = {};

  // Whether one can serve for the other, but for where it leads.
  bool SameRoad(const DownstreamSpec& other) const {
    return label == other.label && transport == other.transport && queue_bytes == other.queue_bytes;
  }
};

struct DownstreamEvents {
  // Packets that Send left behind may be taken now.
  std::function<void()> on_writable;
  // The other side said that nobody listens there. May come with every packet.
  std::function<void()> on_refused;
};

class Downstream {
 public:
  virtual ~Downstream() = default;

  // Takes packets from the front on and returns how many; those are sent, kept or dropped, and
  // counted. The others come again later, after on_writable at the earliest.
  virtual size_t Send(std::span<const Packet> packets) = 0;

  // From now on it is to be reached there. What is on the way stays on its way.
  virtual void SetEndpoint(const Endpoint& endpoint) = 0;

  // What packets do not exceed from now on, but for long lines. A stream does not care.
  virtual void SetMtu(size_t) {}

  // What was taken, but neither sent nor dropped so far.
  virtual Amount waiting() const = 0;
  // How many bytes Send takes now without dropping any for want of room. Datagrams know no bound:
  // what has no room is left behind.
  virtual uint64_t room() const { return std::numeric_limits<uint64_t>::max(); }
  // Who was dead is back: what waits before it tries again does so now.
  virtual void TryNow() {}
  // Drops what waits.
  virtual void GiveUp() = 0;

  // Without taken_lines.
  const DownstreamCounters& counters() const { return counters_; }

 protected:
  DownstreamCounters counters_;
};

// `mtu`: what packets do not exceed, but for long lines. Events come from the loop, and from within
// Send as far as refusals go.
std::unique_ptr<Downstream> MakeDownstream(EventLoop& loop, const DownstreamSpec& spec, size_t mtu,
                                           DownstreamEvents events);

}  // namespace weir
