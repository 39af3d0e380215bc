#include "common/adopted_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "common/address.h"
#include "common/log.h"
#include "common/unix_address.h"

namespace weir {
namespace {

constexpr int kFirstPassed = 3;

std::string_view Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// Less than 0: none.
int Number(std::string_view text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

int Option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::optional<Transport> TransportOf(int fd) {
  const int family = Option(fd, SO_DOMAIN);
  const int type = Option(fd, SO_TYPE);
  const bool unix_socket = family == AF_UNIX;
  if (!unix_socket && family != AF_INET && family != AF_INET6) return std::nullopt;
  if (type == SOCK_DGRAM) return unix_socket ? Transport::kUnixgram : Transport::kUdp;
  if (type == SOCK_STREAM) return unix_socket ? Transport::kUnixStream : Transport::kTcp;
  return std::nullopt;
}

bool IsUnix(Transport transport) {
  return transport == Transport::kUnixgram || transport == Transport::kUnixStream;
}

// As what the kernel knows it.
Transport KindOf(Transport transport) {
  return transport == Transport::kSignedUdp ? Transport::kUdp : transport;
}

bool OnEveryInterface(const SocketAddress& address) {
  if (address.family() == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr.s_addr == INADDR_ANY;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
  return IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

// Whether who opened `wanted` here would get an address like `local`.
bool IsAt(const SocketAddress& local, const ListenAddress& wanted) {
  if (local.port() != wanted.port) return false;
  if (wanted.wildcard()) return OnEveryInterface(local);
  const auto resolved = Resolve(wanted.host, wanted.port);
  return resolved && resolved->front().ToString() == local.ToString();
}

bool IsAt(const BoundSocket& socket, const std::string& address) {
  if (IsUnix(socket.transport)) return socket.address == address;
  const auto wanted = ParseListenAddress(address);
  return wanted && IsAt(SocketAddress::OfSocket(socket.fd.get()), *wanted);
}

}  // namespace

Result<AdoptedSockets> AdoptedSockets::FromEnvironment() {
  // Who passes sockets says to whom: children of that process inherit the variables alone.
  if (Number(Environment("LISTEN_PID")) != getpid()) return AdoptedSockets();
  const std::string_view count_text = Environment("LISTEN_FDS");
  const int count = Number(count_text);
  if (count < 0) {
    return Error{"LISTEN_FDS=" + std::string(count_text) + " is no number of descriptors"};
  }
  std::string_view names = Environment("LISTEN_FDNAMES");
  std::vector<Passed> passed;
  for (int i = 0; i < count; ++i) {
    const size_t end = std::min(names.find(':'), names.size());
    passed.push_back({ScopedFd(kFirstPassed + i), std::string(names.substr(0, end))});
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return Of(std::move(passed));
}

Result<AdoptedSockets> AdoptedSockets::Of(std::vector<Passed> passed) {
  AdoptedSockets sockets;
  for (Passed& one : passed) {
    auto adopted = Adopt(std::move(one));
    if (!adopted) return adopted.error();
    sockets.left_.push_back(std::move(*adopted));
  }
  return sockets;
}

Result<AdoptedSockets> AdoptedSockets::Of(std::vector<BoundSocket> handed) {
  AdoptedSockets sockets;
  sockets.handed_ = true;
  for (BoundSocket& one : handed) {
    auto adopted = Adopt({std::move(one.fd), one.wanted});
    if (!adopted) return adopted.error();
    BoundSocket& socket = adopted->socket;
    if (socket.transport != KindOf(one.transport)) return Error{"a socket of another kind came"};
    socket.transport = one.transport;
    socket.wanted = std::move(one.wanted);
    socket.streams = std::move(one.streams);
    sockets.left_.push_back(std::move(*adopted));
  }
  return sockets;
}

Result<AdoptedSockets::Adopted> AdoptedSockets::Adopt(Passed passed) {
  const int fd = passed.fd.get();
  const std::string which = "the passed descriptor " + std::to_string(fd) +
                            (passed.name.empty() ? std::string() : " (" + passed.name + ")") + " ";
  const auto transport = TransportOf(fd);
  if (!transport) {
    return Error{which + "is neither a UDP, a TCP nor a unix socket (the .socket unit may have " +
                 "ListenDatagram= and ListenStream= only)"};
  }
  const bool stream = *transport == Transport::kTcp || *transport == Transport::kUnixStream;
  if (stream && Option(fd, SO_ACCEPTCONN) != 1) {
    return Error{which + "is a connection, not a socket that listens (write Accept=no)"};
  }
  Adopted adopted{.socket = {}, .name = std::move(passed.name)};
  adopted.socket.transport = *transport;
  adopted.socket.address =
      IsUnix(*transport) ? UnixAddress::OfSocket(fd) : SocketAddress::OfSocket(fd).ToString();
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
    return Error{which + "cannot be used: " + std::strerror(errno)};
  }
  if (*transport == Transport::kTcp) SetKeepalive(fd);
  adopted.socket.fd = std::move(passed.fd);
  return adopted;
}

std::vector<BoundSocket> AdoptedSockets::Take(std::string_view purpose, Transport transport,
                                              const std::string& address, int read_buffer) {
  const std::string wanted = WantedAs(purpose, address);
  const Transport sought = handed_ ? transport : KindOf(transport);
  std::string bound;  // where the first of them is: a port of 0 may have been configured twice
  std::vector<BoundSocket> taken;
  std::erase_if(left_, [&](Adopted& adopted) {
    BoundSocket& socket = adopted.socket;
    if (socket.transport != sought || (!bound.empty() && socket.address != bound)) return false;
    if (socket.wanted != wanted && !IsAt(socket, address)) return false;
    bound = socket.address;
    socket.transport = transport;
    socket.wanted = wanted;
    if (KindOf(transport) == Transport::kUdp || transport == Transport::kUnixgram) {
      socket.granted_read_buffer = GrowReadBuffer(socket.fd.get(), read_buffer);
    }
    taken.push_back(std::move(socket));
    return true;
  });
  return taken;
}

bool AdoptedSockets::Has(std::string_view purpose, Transport transport,
                         const std::string& address) const {
  const std::string wanted = WantedAs(purpose, address);
  return std::ranges::any_of(left_, [&](const Adopted& adopted) {
    const BoundSocket& socket = adopted.socket;
    return socket.transport == transport && (socket.wanted == wanted || IsAt(socket, address));
  });
}

std::string AdoptedSockets::Left() const {
  std::string text;
  for (const Adopted& adopted : left_) {
    if (!text.empty()) text += ", ";
    text += std::string(Name(adopted.socket.transport)) + " " + adopted.socket.address;
    if (!adopted.name.empty()) text += " (" + adopted.name + ")";
  }
  return text;
}

Result<Done> AdoptedSockets::ExpectNone() const {
  if (left_.empty()) return Done{};
  if (handed_) {
    LogWarn("Nothing listens any more where the predecessor did", {{"sockets", Left()}});
    return Done{};
  }
  return Error{"nothing listens on what was passed: " + Left() +
               " (give the same addresses here and in the .socket unit)"};
}

Error AdoptedSockets::Explain(Error error) const {
  if (left_.empty()) return error;
  return {error.message + "; passed, and not asked for so far: " + Left()};
}

}  // namespace weir
