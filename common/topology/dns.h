// Dns: asks a DNS server for addresses and services, past /etc/hosts and nsswitch.
//
// Without a server of its own it asks those of /etc/resolv.conf. Search list, timeout and attempts
// are those of /etc/resolv.conf and $RES_OPTIONS in either case. An answer that did not fit into a
// datagram is asked for again over TCP, so no answer is ever a part of one.
//
// What a server says is not there is an empty answer; no answer, a refusal or a broken one is an
// error. Wire facts: RFC 1035 (A), RFC 3596 (AAAA), RFC 2782 (SRV).
//
// Thread safety: immutable; any thread. All calls block, for tens of seconds at worst: never on a
// loop's thread. Tested by tests/unit/common/topology/dns_test.cc and
// tests/integration/test_router_discovery.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/result.h"

namespace weir {

// One SRV record; its priority and weight are left out, for they count for nothing here.
struct ServiceTarget {
  std::string host;  // in lower case, without the dot at the end
  uint16_t port = 0;

  friend bool operator==(const ServiceTarget&, const ServiceTarget&) = default;
};

// Those of a DNS answer, `message` being all its bytes. Error: it is malformed, or a target is no
// host name.
Result<std::vector<ServiceTarget>> ServicesOf(const std::vector<uint8_t>& message);

// What addresses of a name take: answers for IPv4 and IPv6 both, or the one that there is.
enum class Families : uint8_t { kBoth, kEither };

class Dns {
 public:
  explicit Dns(std::optional<SocketAddress> server = std::nullopt) : server_(server) {}

  // The A and AAAA records of `host`; a literal address stands for itself. With kBoth an answer
  // that is missing is an error, not a name with fewer addresses; with kEither only when the other
  // one has no address.
  Result<std::vector<SocketAddress>> Addresses(const std::string& host, uint16_t port,
                                               Families families) const;
  // The SRV records of `name`.
  Result<std::vector<ServiceTarget>> Services(const std::string& name) const;

 private:
  Result<std::vector<uint8_t>> Ask(const std::string& name, int type) const;

  const std::optional<SocketAddress> server_;
};

}  // namespace weir
