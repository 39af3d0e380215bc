// SentLog: the last datagrams that were sent, to be found again when the network gives one back.
//
// An ICMP error quotes the beginning of the datagram it is about, and often comes after others were
// sent. The beginning finds the datagram, and so how many lines were lost with it. Of equal ones it
// is the oldest, as errors come in the order of what they are about.
// Memory: 8 KiB. Thread safety: one thread. Tested by tests/unit/router/sent_log_test.cc.
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
  static constexpr size_t kPrefix = 24;

  // `data`: where the datagram begins. `amount`: what it carried, with all its segments.
  void Add(const char* data, const Amount& amount);

  // Takes out the oldest one that begins so. REQUIRES: quote.size() <= kPrefix.
  std::optional<Amount> Take(std::string_view quote);

 private:
  struct Entry {
    std::array<char, kPrefix> prefix;
    uint8_t prefix_size = 0;
    bool present = false;
    uint32_t lines = 0;
    uint32_t bytes = 0;
    uint32_t packets = 0;
  };

  std::array<Entry, kSize> entries_;
  size_t next_ = 0;  // and the oldest
};

}  // namespace weir
