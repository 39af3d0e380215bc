// Relay: one shard's copy of the lines it receives, on its way to another StatsD server.
//
// Lines are packed whole, each with its LF, into datagrams of at most the packet length. A packet
// goes when the next line does not fit, and once a second. The target never slows or ends anything:
// what the socket does not take at once is dropped and counted.
//
// The socket is connected, because only then the kernel tells that the target's host refuses the
// packets. After any other failure but a full buffer it is opened anew for the next packet, so that
// a network or an own address that changes mends itself.
//
// Threads: the loop's. Lifetimes: the loop outlives it. What is still buffered when it is destroyed
// is lost: Flush first.
// Cost: a copy of its bytes per line, one system call per packet.
// Tested by tests/unit/exporter/relay_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "common/address.h"
#include "common/event_loop.h"
#include "common/log.h"
#include "common/scoped_fd.h"

namespace weir {

enum class RelayDrop : uint8_t {
  kWouldBlock,  // no room in the socket or the device
  kRefused,     // the target's host said that nobody listens there
  kOther,       // no route, no permission, no descriptor, ...
};
constexpr size_t kRelayDropCount = 3;

// As it stands in weir_relay_dropped_lines_total{reason}.
constexpr std::string_view Name(RelayDrop drop) {
  constexpr std::string_view kNames[kRelayDropCount] = {"would_block", "refused", "other"};
  return kNames[static_cast<size_t>(drop)];
}

//   lines = lines in packets that went + sum of dropped_lines + those buffered
// A refusal arrives after the packet it is for, and a network may swallow it: kRefused is a lower
// bound, counted on the packet before the one that met it.
struct RelayCounters {
  uint64_t lines = 0;       // taken to be relayed
  uint64_t long_lines = 0;  // not taken: with its LF no packet holds it
  uint64_t packets = 0;     // that it tried to send
  std::array<uint64_t, kRelayDropCount> dropped_packets{};  // of those, by RelayDrop
  std::array<uint64_t, kRelayDropCount> dropped_lines{};    // of lines, by RelayDrop
};

class Relay {
 public:
  // The most that UDP over IPv4 carries.
  static constexpr size_t kMostPacketLength = 65507;

  // `target_name` is what the log calls the target. `packet_length` in bytes; 0, as whatever is
  // above, stands for kMostPacketLength.
  Relay(EventLoop& loop, const SocketAddress& target, std::string target_name,
        size_t packet_length);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Takes a line without its LF; empty ones are not relayed.
  void Add(std::string_view line) {
    if (line.size() >= packet_length_) [[unlikely]]
      return RefuseLong(line);
    if (line.empty()) return;
    if (used_ + line.size() >= packet_length_) Flush();
    std::memcpy(&packet_[used_], line.data(), line.size());
    used_ += line.size();
    packet_[used_++] = '\n';
    ++packet_lines_;
    ++counters_.lines;
  }

  // Sends what is buffered, if anything is.
  void Flush();

  const std::string& target_name() const { return target_name_; }
  const RelayCounters& counters() const { return counters_; }

 private:
  void RefuseLong(std::string_view line);
  void Tick();
  // Both return zero or errno.
  int Open();
  int Send() const;
  void CountDropped(int error, uint64_t lines);

  const EventLoop& loop_;
  const SocketAddress target_;
  const std::string target_name_;
  const size_t packet_length_;
  const std::unique_ptr<char[]> packet_;
  size_t used_ = 0;
  uint64_t packet_lines_ = 0;
  uint64_t last_packet_lines_ = 0;  // of the packet that went before; 0: it is accounted for
  ScopedFd fd_;
  RelayCounters counters_;
  RateLimitedLog drop_log_;
  RateLimitedLog long_line_log_;
  Timer tick_;
};

}  // namespace weir
