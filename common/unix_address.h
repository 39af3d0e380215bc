// UnixAddress: a path, or an abstract name ("@name"), as the socket calls want it.
//
// Thread safety: a plain value type.
// Tested by tests/unit/common/unix_socket_test.cc, adopted_sockets_test.cc.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

class UnixAddress {
 public:
  static constexpr size_t kMaxPathBytes = sizeof(sockaddr_un{}.sun_path) - 1;

  // REQUIRES: path.size() is from 1 to kMaxPathBytes.
  explicit UnixAddress(std::string_view path);
  // The path or "@name" that a unix socket is bound to; empty: to none.
  static std::string OfSocket(int fd);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return size_; }

 private:
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

}  // namespace weir
