// Endpoint: where a downstream is to be reached, resolved: an IP address with its port or the path
// of a unix socket; or nowhere, as long as its name has not been resolved.
//
// Thread safety: as a plain value.
// Tested by tests/unit/common/topology/endpoint_test.cc.
#pragma once

#include <sys/socket.h>

#include <string>

#include "common/address.h"
#include "common/result.h"

namespace weir {

class Endpoint {
 public:
  Endpoint() = default;  // nowhere
  explicit Endpoint(const SocketAddress& address);
  // A path, or "@name" for an abstract one. Error: a path that no socket address holds.
  static Result<Endpoint> OfUnix(const std::string& path);

  bool known() const { return size_ > 0; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }

  friend bool operator==(const Endpoint& a, const Endpoint& b);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace weir
