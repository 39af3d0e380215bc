#include "common/source_list.h"

#include <arpa/inet.h>
#include <endian.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace weir {
namespace {

constexpr uint64_t kV4Marker = 0xFFFF;  // of ::ffff:0:0/96
constexpr int kV4Offset = 96;           // bits of an IPv6 address before the IPv4 one

// The first `bits` of 64; all when there are more, none when less than none.
uint64_t MaskOf(int bits) {
  if (bits <= 0) return 0;
  return bits >= 64 ? ~uint64_t{0} : ~(~uint64_t{0} >> bits);
}

Error NoNetwork(std::string_view text) {
  return {"'" + std::string(text) +
          "' is no network, write an address and how many of its bits count, such as 10.0.0.0/8, "
          "2001:db8::/32 or 192.0.2.7"};
}

}  // namespace

SourceList::Bits SourceList::BitsOf(const in6_addr& address) {
  uint64_t words[2];
  std::memcpy(words, &address, sizeof(words));
  Bits bits = {be64toh(words[0]), be64toh(words[1]), false};
  bits.is_v4 = bits.high == 0 && bits.low >> 32 == kV4Marker;
  return bits;
}

SourceList::Bits SourceList::BitsOf(const in_addr& address) {
  return {0, kV4Marker << 32 | ntohl(address.s_addr), true};
}

Result<SourceList::Network> SourceList::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  Network network;
  in6_addr v6;
  in_addr v4;
  const bool written_as_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1;
  if (written_as_v4) {
    network.address = BitsOf(v4);
  } else if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    network.address = BitsOf(v6);
  } else {
    return NoNetwork(text);
  }
  const int offset = written_as_v4 ? kV4Offset : 0;
  int length = 128 - offset;
  if (slash != text.npos) {
    const char* const end = text.data() + text.size();
    int given = -1;
    const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, given);
    if (error != std::errc() || rest != end || given < 0 || given > length) return NoNetwork(text);
    length = given;
  }
  length += offset;
  network.high_mask = MaskOf(length);
  network.low_mask = MaskOf(length - 64);
  if ((network.address.high & ~network.high_mask) != 0 ||
      (network.address.low & ~network.low_mask) != 0) {
    return Error{"'" + std::string(text) +
                 "' has bits beyond its length, set them to zero or make it longer"};
  }
  network.address.is_v4 = network.address.is_v4 && length >= kV4Offset;
  return network;
}

Result<Done> SourceList::Add(std::string_view networks) {
  std::vector<Network> added;
  for (size_t begin = 0; begin <= networks.size();) {
    const size_t end = std::min(networks.find(',', begin), networks.size());
    auto network = Parse(networks.substr(begin, end - begin));
    if (!network) return network.error();
    added.push_back(*network);
    begin = end + 1;
  }
  networks_.insert(networks_.end(), added.begin(), added.end());
  return Done{};
}

bool SourceList::Contains(const sockaddr_in6& source) const {
  Bits bits;
  if (source.sin6_family == AF_INET6) {
    bits = BitsOf(source.sin6_addr);
  } else {
    sockaddr_in v4;
    std::memcpy(&v4, &source, sizeof(v4));
    bits = BitsOf(v4.sin_addr);
  }
  for (const Network& network : networks_) {
    if (bits.is_v4 == network.address.is_v4 &&
        (bits.high & network.high_mask) == network.address.high &&
        (bits.low & network.low_mask) == network.address.low) {
      return true;
    }
  }
  return false;
}

}  // namespace weir
