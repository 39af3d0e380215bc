// Packet: whole lines, each with its LF, that go to a downstream together; and Amount, how much of
// such went one way or another.
//
// Lifetimes: a packet is a view into who made it. Thread safety: as plain values.
// Tested by tests/unit/router/packer_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

// The most that a UDP datagram over IPv4 carries.
constexpr size_t kMaxDatagramBytes = 65'507;

struct Packet {
  const char* data;
  uint32_t size;
  uint32_t lines;
};

struct Amount {
  uint64_t lines = 0;
  uint64_t bytes = 0;
  uint64_t packets = 0;

  Amount& operator+=(const Amount& other) {
    lines += other.lines;
    bytes += other.bytes;
    packets += other.packets;
    return *this;
  }
  Amount& operator-=(const Amount& other) {
    lines -= other.lines;
    bytes -= other.bytes;
    packets -= other.packets;
    return *this;
  }
  friend bool operator==(const Amount&, const Amount&) = default;
};

inline Amount AmountOf(const Packet& packet) { return {packet.lines, packet.size, 1}; }

}  // namespace weir
