#include "common/address.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "common/check.h"

namespace weir {
namespace {

Error BadAddress(std::string_view text) {
  return {"bad StatsD listening address: " + std::string(text) +
          " (expected host:port, such as :9125, 127.0.0.1:9125 or [::1]:9125)"};
}

Error BadPort(std::string_view port) {
  return {"bad port " + std::string(port) + ": expected a decimal number from 0 to 65535"};
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  std::string_view host;
  std::string_view rest;  // from the colon before the port on
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == text.npos) return BadAddress(text);
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const size_t colon = text.rfind(':');
    if (colon == text.npos) return BadAddress(text);
    host = text.substr(0, colon);
    rest = text.substr(colon);
    if (host.find(':') != host.npos) return BadAddress(text);
  }
  if (!rest.starts_with(':') || host.find_first_of("[]") != host.npos) return BadAddress(text);

  const std::string_view digits = rest.substr(1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return BadPort(digits);
  return ListenAddress{std::string(host), port};
}

std::string JoinHostPort(std::string_view host, uint16_t port) {
  std::string text(host);
  if (host.find(':') != host.npos) text = "[" + text + "]";
  return text + ":" + std::to_string(port);
}

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) : size_(size) {
  WEIR_CHECK(size <= sizeof(storage_));
  std::memcpy(&storage_, address, size);
}

SocketAddress SocketAddress::OfSocket(int fd) {
  SocketAddress address;
  address.size_ = sizeof(address.storage_);
  WEIR_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) == 0);
  return address;
}

uint16_t SocketAddress::port() const {
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(data())->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(data())->sin_port);
}

std::string SocketAddress::ToString() const {
  char host[NI_MAXHOST];
  if (getnameinfo(data(), size(), host, sizeof(host), nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return JoinHostPort(host, port());
}

std::optional<SocketAddress> LiteralAddress(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  const SocketAddress address(found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return address;
}

Result<std::vector<SocketAddress>> Resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  const int status = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (status != 0) {
    const char* reason = status == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(status);
    return Error{"unable to resolve " + host + ": " + reason};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  if (addresses.empty()) return Error{"unable to resolve " + host + ": it has no IP address"};
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const SocketAddress& address) { return address.family() == AF_INET; });
  return addresses;
}

}  // namespace weir
