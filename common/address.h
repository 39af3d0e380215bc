// Addresses: where to listen as an operator writes it, and what the resolver makes of it.
//
// Grammar and error texts of a listening address follow statsd_exporter: host:port with a decimal
// port, IPv6 literals in brackets, an empty host for every interface.
//
// Thread safety: free functions and plain value types. Resolve() may block on the name service:
// never on a loop's thread.
//
// Tested by tests/unit/common/address_test.cc.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weir {

struct ListenAddress {
  std::string host;  // without brackets; empty: every interface
  uint16_t port = 0;

  // Every interface, written as nothing, 0.0.0.0 or [::].
  bool wildcard() const { return host.empty() || host == "0.0.0.0" || host == "::"; }
};

// Splits without resolving. Errors: `bad StatsD listening address: X (...)`, `bad port P: ...`.
Result<ListenAddress> ParseListenAddress(std::string_view text);

// host:port, with brackets around an IPv6 host.
std::string JoinHostPort(std::string_view host, uint16_t port);

// An IPv4 or IPv6 address with its port.
class SocketAddress {
 public:
  SocketAddress() = default;
  // REQUIRES: `address` is a sockaddr_in or sockaddr_in6 of `size` bytes.
  SocketAddress(const sockaddr* address, socklen_t size);
  // The local address of a bound IP socket.
  static SocketAddress OfSocket(int fd);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  uint16_t port() const;
  // Numeric: "127.0.0.1:9125", "[::1]:9125".
  std::string ToString() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// The address that a numeric host is; nothing for a name. Asks nobody.
std::optional<SocketAddress> LiteralAddress(const std::string& host, uint16_t port);

// Every address of a numeric or named host, IPv4 first; never empty.
// Error: `unable to resolve H: ...`.
Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port);

}  // namespace weir
