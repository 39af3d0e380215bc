#include "common/own_sockets.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

namespace weir {

void ForEachTcpSocket(uint16_t port,
                      const std::function<void(int fd, const SocketAddress& local)>& visit) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 16));
  for (int fd = 0; fd < end; ++fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) continue;
    int type = 0;
    socklen_t type_size = sizeof(type);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size);
    // Not asked again: another thread may have closed the descriptor meanwhile.
    const SocketAddress local(reinterpret_cast<const sockaddr*>(&address), size);
    if (type == SOCK_STREAM && local.port() == port) visit(fd, local);
  }
}

bool Listens(int fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

}  // namespace weir
