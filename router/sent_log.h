// SentLog: the last datagrams that were sent, to be found again when the network gives one back.
//
// An ICMP error quotes the beginning of the datagram it is about, and often comes after others were
// sent. Linux quotes all of a short one and 520 bytes of a longer one over IPv4 (1184 over IPv6);
// a router on the way may quote as little as it likes. So a quote is first taken for one of Linux:
// the same size and bytes, or the same first kQuoted bytes. Otherwise its first bytes must do, and
// of datagrams that begin alike it is the oldest, as errors come in the order of what they are
// about. Many of those may have arrived: names of one application begin alike.
// Memory: 9 KiB. Cost: a hash of at most kQuoted bytes for a datagram.
// Thread safety: one thread. Tested by tests/unit/router/sent_log_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "router/packet.h"

namespace weir {

class SentLog {
 public:
  static constexpr size_t kSize = 128;
  static constexpr size_t kQuoted = 512;

  // `data`: where the datagram begins. `amount`: what it carried, with all its segments.
  void Add(const char* data, const Amount& amount);

  // Takes out the one that begins so. `quote`: what came, up to kQuoted bytes at least.
  std::optional<Amount> Take(std::string_view quote);

 private:
  static constexpr size_t kPrefix = 24;

  struct Entry {
    uint64_t hash;  // of the first kQuoted bytes
    uint32_t bytes;
    uint32_t lines;
    uint32_t packets;
    bool present = false;
    std::array<char, kPrefix> prefix;

    bool BeginsWith(std::string_view quote) const;
  };

  template <class Matches>
  std::optional<Amount> TakeOldest(Matches matches);

  std::array<Entry, kSize> entries_;
  size_t next_ = 0;  // and the oldest
};

}  // namespace weir
