// SourceList: the networks that senders may have their addresses in.
//
// A network is an address and how many of its bits count: 10.0.0.0/8, 2001:db8::/32. An address
// alone is a network of one. An IPv4 address that reaches an IPv6 socket (::ffff:10.1.2.3) is the
// IPv4 address, and ::/0 is all of IPv6 and nothing of IPv4.
//
// Cost of Contains: two comparisons for each network.
// Thread safety: immutable. Tested by tests/unit/common/source_list_test.cc.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weir {

class SourceList {
 public:
  // Adds the networks of a text, which commas separate. Error: what is no network, and what would
  // be; nothing is added then.
  Result<Done> Add(std::string_view networks);

  // Whether `source`, an IPv4 or IPv6 address, is in one of them.
  bool Contains(const sockaddr_in6& source) const;

 private:
  // An IPv6 address as two numbers; an IPv4 one as the address that IPv6 has for it.
  struct Bits {
    uint64_t high = 0;
    uint64_t low = 0;
    bool is_v4 = false;
  };
  struct Network {
    Bits address;
    uint64_t high_mask = 0;
    uint64_t low_mask = 0;
  };

  static Bits BitsOf(const in6_addr& address);
  static Bits BitsOf(const in_addr& address);
  static Result<Network> Parse(std::string_view text);

  std::vector<Network> networks_;
};

}  // namespace weir
