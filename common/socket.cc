#include "common/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

constexpr int kKeepaliveIdleSeconds = 60;

void SetOption(int fd, int level, int name, int value) {
  WEIR_CHECK(setsockopt(fd, level, name, &value, sizeof(value)) == 0);
}

int GetOption(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  WEIR_CHECK(getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0);
  return value;
}

const char* Advice(int error) {
  switch (error) {
    case EADDRINUSE:
      return " (another program has it: stop that one, or listen elsewhere)";
    case EACCES:
      return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
    case EADDRNOTAVAIL:
      return " (no interface of this machine has that address)";
    case EMFILE:
      return " (raise the limit of open files)";
    default:
      return "";
  }
}

Error ListenError(Transport transport, const SocketAddress& address, int error) {
  return {std::string("cannot listen on ") + (transport == Transport::kUdp ? "UDP " : "TCP ") +
          address.ToString() + ": " + std::strerror(error) + Advice(error)};
}

// Each address is a substitute for the one before it, should the machine lack that one's family.
Result<std::vector<SocketAddress>> Candidates(const ListenAddress& address) {
  if (!address.wildcard()) {
    Result<std::vector<SocketAddress>> resolved = Resolve(address.host, address.port);
    if (resolved) resolved->resize(1);
    return resolved;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  return std::vector<SocketAddress>{{reinterpret_cast<sockaddr*>(&v6), sizeof(v6)},
                                    {reinterpret_cast<sockaddr*>(&v4), sizeof(v4)}};
}

// The first socket of a group is bound while it shares with nobody, so that a port in use is found
// out even if its owner shares; only then it lets the rest of the group in.
enum class GroupRole : uint8_t { kAlone, kFirst, kRest };

// Returns zero or errno.
int OpenAt(const SocketAddress& address, Transport transport, GroupRole role, BoundSocket& socket) {
  const bool tcp = transport == Transport::kTcp;
  const int type = (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  ScopedFd fd(::socket(address.family(), type, 0));
  if (!fd.valid()) return errno;
  if (address.family() == AF_INET6) SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (tcp) {
    SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    SetKeepalive(fd.get());
  }
  if (role == GroupRole::kRest) SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (bind(fd.get(), address.data(), address.size()) != 0) return errno;
  if (role == GroupRole::kFirst) SetOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (tcp && listen(fd.get(), kListenBacklog) != 0) return errno;
  socket.transport = transport;
  socket.address = SocketAddress::OfSocket(fd.get()).ToString();
  socket.fd = std::move(fd);
  return 0;
}

Result<std::vector<BoundSocket>> OpenGroup(const ListenAddress& address, Transport transport,
                                           int count) {
  WEIR_CHECK(count > 0);
  Result<std::vector<SocketAddress>> candidates = Candidates(address);
  if (!candidates) return candidates.error();

  std::vector<BoundSocket> sockets(count);
  const GroupRole role = count == 1 ? GroupRole::kAlone : GroupRole::kFirst;
  int error = 0;
  SocketAddress tried;
  for (const SocketAddress& candidate : *candidates) {
    tried = candidate;
    error = OpenAt(candidate, transport, role, sockets[0]);
    if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL) break;
  }
  if (error != 0) return ListenError(transport, tried, error);

  const SocketAddress actual = SocketAddress::OfSocket(sockets[0].fd.get());
  for (int i = 1; i < count; ++i) {
    error = OpenAt(actual, transport, GroupRole::kRest, sockets[i]);
    if (error != 0) return ListenError(transport, actual, error);
  }
  return sockets;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status;
  WEIR_CHECK(stat(path_.c_str(), &status) == 0);
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile::~SocketFile() {
  if (path_.empty()) return;
  struct stat status;
  if (lstat(path_.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) unlink(path_.c_str());
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

Result<std::vector<BoundSocket>> OpenUdp(const ListenAddress& address, const UdpOptions& options) {
  Result<std::vector<BoundSocket>> sockets = OpenGroup(address, Transport::kUdp, options.sockets);
  if (!sockets) return sockets;
  for (BoundSocket& socket : *sockets) {
    socket.granted_read_buffer = SetReadBuffer(socket.fd.get(), options.read_buffer);
  }
  return sockets;
}

Result<std::vector<BoundSocket>> OpenTcp(const ListenAddress& address, int sockets) {
  return OpenGroup(address, Transport::kTcp, sockets);
}

Result<Done> GrowGroup(std::vector<BoundSocket>* sockets, int count) {
  if (sockets->size() >= static_cast<size_t>(count)) return Done{};
  const SocketAddress address = SocketAddress::OfSocket(sockets->front().fd.get());
  const Transport transport = sockets->front().transport;
  for (const BoundSocket& socket : *sockets)
    SetOption(socket.fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  while (sockets->size() < static_cast<size_t>(count)) {
    BoundSocket more;
    const int error = OpenAt(address, transport, GroupRole::kRest, more);
    if (error != 0) return ListenError(transport, address, error);
    sockets->push_back(std::move(more));
  }
  return Done{};
}

int SetReadBuffer(int fd, int bytes) {
  // The kernel doubles the number, in an int.
  const int asked = std::min(bytes, INT_MAX / 2);
  if (asked > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &asked, sizeof(asked)) != 0) {
    SetOption(fd, SOL_SOCKET, SO_RCVBUF, asked);
  }
  return GetOption(fd, SO_RCVBUF);
}

int GrowReadBuffer(int fd, int bytes) {
  const int has = GetOption(fd, SO_RCVBUF);
  // What would be granted, another socket tells: without privilege there is no way back.
  const ScopedFd probe(::socket(GetOption(fd, SO_DOMAIN), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe.valid() || SetReadBuffer(probe.get(), bytes) <= has) return has;
  return SetReadBuffer(fd, bytes);
}

void SetKeepalive(int fd) {
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
}

}  // namespace weir
