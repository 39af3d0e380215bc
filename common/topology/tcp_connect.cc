#include "common/topology/tcp_connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir {

int BeginConnect(const Endpoint& endpoint, ScopedFd* fd) {
  if (!endpoint.known()) return EDESTADDRREQ;
  ScopedFd made(socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made.valid()) return errno;
  const int on = 1;
  setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(made.get(), endpoint.data(), endpoint.size()) != 0 && errno != EINPROGRESS) {
    return errno;
  }
  *fd = std::move(made);
  return 0;
}

int ConnectOutcome(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  if (error != 0) return error;
  sockaddr_storage ours{};
  sockaddr_storage theirs{};
  socklen_t our_size = sizeof(ours);
  socklen_t their_size = sizeof(theirs);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
      getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0) {
    return errno;
  }
  const bool with_itself = our_size == their_size && std::memcmp(&ours, &theirs, our_size) == 0;
  return with_itself ? ECONNREFUSED : 0;
}

}  // namespace weir
