#include "common/topology/endpoint.h"

#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace weir {

Endpoint::Endpoint(const SocketAddress& address) : size_(address.size()) {
  std::memcpy(&storage_, address.data(), address.size());
}

Result<Endpoint> Endpoint::OfUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return Error{"bad socket path '" + path + "': expected 1 to " +
                 std::to_string(sizeof(address.sun_path) - 1) + " characters"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const bool abstract = path[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  Endpoint endpoint;
  endpoint.size_ = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
  std::memcpy(&endpoint.storage_, &address, endpoint.size_);
  return endpoint;
}

bool operator==(const Endpoint& a, const Endpoint& b) {
  return a.size_ == b.size_ && std::memcmp(&a.storage_, &b.storage_, a.size_) == 0;
}

}  // namespace weir
