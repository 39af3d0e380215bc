// Sockets of the other side: what a StatsD client does, in one call each.
#pragma once

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/address.h"
#include "common/scoped_fd.h"
#include "tests/support/catch.h"

namespace weir {

// A new directory under the system's temporary one, removed with all that is in it.
struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "weir-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }

  std::string path;
};

// Connects a blocking socket to "127.0.0.1:9", "[::1]:9"; from the host `source`, if not empty.
inline ScopedFd Connect(int type, const std::string& address, const std::string& source = "") {
  const ListenAddress parsed = ParseListenAddress(address).value();
  const SocketAddress target = Resolve(parsed.host, parsed.port).value().front();
  ScopedFd fd(socket(target.family(), type | SOCK_CLOEXEC, 0));
  REQUIRE(fd.valid());
  if (!source.empty()) {
    const SocketAddress own = Resolve(source, 0).value().front();
    REQUIRE(bind(fd.get(), own.data(), own.size()) == 0);
  }
  REQUIRE(connect(fd.get(), target.data(), target.size()) == 0);
  return fd;
}

// Connects a blocking unix socket to a path or an abstract "@name".
inline ScopedFd ConnectUnix(int type, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  socklen_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (path[0] == '@') address.sun_path[0] = '\0';
  ScopedFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  REQUIRE(fd.valid());
  REQUIRE(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  return fd;
}

inline void Send(const ScopedFd& fd, std::string_view bytes) {
  REQUIRE(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

// Sends what the socket takes without waiting; returns how much that was.
inline size_t SendSome(const ScopedFd& fd, std::string_view bytes) {
  const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  REQUIRE((sent >= 0 || errno == EAGAIN));
  return sent < 0 ? 0 : sent;
}

// Closes with a reset instead of an orderly end.
inline void Reset(ScopedFd fd) {
  const linger now{1, 0};
  REQUIRE(setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
}

inline bool HasIpv6() {
  const ScopedFd fd(socket(AF_INET6, SOCK_DGRAM, 0));
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  return fd.valid() &&
         bind(fd.get(), reinterpret_cast<const sockaddr*>(&loopback), sizeof(loopback)) == 0;
}

}  // namespace weir
