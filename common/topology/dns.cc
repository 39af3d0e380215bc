#include "common/topology/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "common/topology/config_scalars.h"

namespace weir {
namespace {

constexpr size_t kMostBytes = 65535;

// The C library's resolver with a state of its own.
class Session {
 public:
  Session() : is_open_(res_ninit(&state_) == 0) {}
  ~Session() {
    if (is_open_) res_nclose(&state_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool is_open() const { return is_open_; }
  res_state get() { return &state_; }

  // Asks this server and no other.
  void SetServer(const SocketAddress& server) {
    state_.nscount = 1;
    if (server.family() == AF_INET) {
      std::memcpy(&state_.nsaddr_list[0], server.data(), sizeof(sockaddr_in));
      return;
    }
    // An entry without a family is looked for among the extensions, which res_nclose frees.
    state_.nsaddr_list[0].sin_family = 0;
    sockaddr_in6*& place = state_._u._ext.nsaddrs[0];
    if (place == nullptr) place = static_cast<sockaddr_in6*>(std::malloc(sizeof(sockaddr_in6)));
    if (place != nullptr) std::memcpy(place, server.data(), sizeof(sockaddr_in6));
    state_._u._ext.nscount = 0;
  }

 private:
  struct __res_state state_ {};
  const bool is_open_;
};

SocketAddress Ip4(const uint8_t* bytes, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  std::memcpy(&address.sin_addr, bytes, sizeof address.sin_addr);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

SocketAddress Ip6(const uint8_t* bytes, uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  std::memcpy(&address.sin6_addr, bytes, sizeof address.sin6_addr);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

Error Malformed() { return {"the answer is malformed"}; }

// Calls `take` with each record of the type among the answers (aliases on the way are others).
// False: the message is malformed, or `take` said so.
template <class Take>
bool EachRecord(const std::vector<uint8_t>& message, ns_type type, const Take& take) {
  if (message.empty()) return true;
  ns_msg parsed;
  if (ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0) return false;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) return false;
    if (ns_rr_type(record) == type && !take(record)) return false;
  }
  return true;
}

struct Family {
  ns_type type;
  size_t size;
  SocketAddress (*make)(const uint8_t* bytes, uint16_t port);

  Result<std::vector<SocketAddress>> AddressesOf(const std::vector<uint8_t>& message,
                                                 uint16_t port) const {
    std::vector<SocketAddress> addresses;
    const bool good = EachRecord(message, type, [&](const ns_rr& record) {
      if (ns_rr_rdlen(record) != size) return false;
      addresses.push_back(make(ns_rr_rdata(record), port));
      return true;
    });
    if (!good) return Malformed();
    return addresses;
  }
};

constexpr Family kFamilies[] = {{ns_t_a, NS_INADDRSZ, Ip4}, {ns_t_aaaa, NS_IN6ADDRSZ, Ip6}};

}  // namespace

Result<std::vector<ServiceTarget>> ServicesOf(const std::vector<uint8_t>& message) {
  constexpr size_t kFixed = 6;  // priority, weight, port
  std::vector<ServiceTarget> targets;
  std::string bad_target;
  const uint8_t* const end = message.data() + message.size();
  const bool good = EachRecord(message, ns_t_srv, [&](const ns_rr& record) {
    if (ns_rr_rdlen(record) <= kFixed) return false;
    const uint8_t* const data = ns_rr_rdata(record);
    char name[NS_MAXDNAME];
    if (dn_expand(message.data(), end, data + kFixed, name, sizeof name) < 0) return false;
    std::string host = name;
    if (host.ends_with('.')) host.pop_back();
    if (host.empty()) return true;  // "." is how a service says that it is not there
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto port = static_cast<uint16_t>(ns_get16(data + 4));
    // The C library writes what no host name has with a backslash.
    const std::string target = JoinHostPort(host, port);
    if (!IsTarget(target) || target.find('\\') != target.npos) bad_target = target;
    targets.push_back({std::move(host), port});
    return true;
  });
  if (!good) return Malformed();
  if (!bad_target.empty()) return Error{"the target `" + bad_target + "` is no host with a port"};
  return targets;
}

// The whole answer; empty when the server says that there is nothing.
Result<std::vector<uint8_t>> Dns::Ask(const std::string& name, int type) const {
  Session session;
  if (!session.is_open()) return Error{"the C library's resolver does not start"};
  if (server_) session.SetServer(*server_);
  std::vector<uint8_t> message(kMostBytes);
  const int size = res_nsearch(session.get(), name.c_str(), ns_c_in, type, message.data(),
                               static_cast<int>(message.size()));
  if (size < 0) {
    const int error = session.get()->res_h_errno;
    if (error == HOST_NOT_FOUND || error == NO_DATA) return std::vector<uint8_t>();
    return Error{error == TRY_AGAIN ? "no DNS server gave an answer" : hstrerror(error)};
  }
  message.resize(std::min(static_cast<size_t>(size), message.size()));
  return message;
}

Result<std::vector<SocketAddress>> Dns::Addresses(const std::string& host, uint16_t port,
                                                  Families families) const {
  if (const auto literal = LiteralAddress(host, port)) return std::vector{*literal};
  std::vector<SocketAddress> all;
  std::optional<Error> error;
  for (const Family& family : kFamilies) {
    const auto message = Ask(host, family.type);
    const auto some = message ? family.AddressesOf(*message, port) : message.error();
    if (some) {
      all.insert(all.end(), some->begin(), some->end());
    } else if (families == Families::kBoth) {
      return some.error();
    } else {
      error = some.error();
    }
  }
  if (all.empty() && error) return *error;
  return all;
}

Result<std::vector<ServiceTarget>> Dns::Services(const std::string& name) const {
  const auto message = Ask(name, ns_t_srv);
  if (!message) return message.error();
  return ServicesOf(*message);
}

}  // namespace weir
