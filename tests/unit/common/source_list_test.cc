#include "common/source_list.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "common/address.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

sockaddr_in6 SourceOf(const std::string& host) {
  const SocketAddress address = Resolve(host, 1).value().front();
  sockaddr_in6 source{};
  std::memcpy(&source, address.data(), address.size());
  return source;
}

bool Allows(std::string_view networks, const std::string& host) {
  SourceList list;
  REQUIRE(list.Add(networks));
  return list.Contains(SourceOf(host));
}

TEST_CASE("a network holds the addresses that begin alike, and no other", "[source_list]") {
  CHECK(Allows("10.0.0.0/8", "10.0.0.0"));
  CHECK(Allows("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(Allows("10.0.0.0/8", "11.0.0.0"));
  CHECK_FALSE(Allows("10.0.0.0/8", "9.255.255.255"));
  CHECK(Allows("192.0.2.128/25", "192.0.2.129"));
  CHECK_FALSE(Allows("192.0.2.128/25", "192.0.2.127"));
  CHECK(Allows("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(Allows("2001:db8::/32", "2001:db9::1"));
  CHECK(Allows("2001:db8::8000:0:0:0/65", "2001:db8::8000:0:0:1"));
  CHECK_FALSE(Allows("2001:db8::8000:0:0:0/65", "2001:db8::1"));
}

TEST_CASE("an address alone is a network of one", "[source_list]") {
  CHECK(Allows("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(Allows("192.0.2.7", "192.0.2.6"));
  CHECK(Allows("::1", "::1"));
  CHECK_FALSE(Allows("::1", "::2"));
}

TEST_CASE("IPv4 that reaches an IPv6 socket is IPv4", "[source_list]") {
  CHECK(Allows("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK_FALSE(Allows("10.0.0.0/8", "::ffff:11.1.2.3"));
  CHECK(Allows("::ffff:10.0.0.0/104", "10.1.2.3"));
  CHECK(Allows("0.0.0.0/0", "::ffff:1.2.3.4"));
  CHECK_FALSE(Allows("0.0.0.0/0", "2001:db8::1"));
  CHECK(Allows("::/0", "2001:db8::1"));
  CHECK_FALSE(Allows("::/0", "1.2.3.4"));
  CHECK_FALSE(Allows("::/0", "::ffff:1.2.3.4"));
}

TEST_CASE("one of several networks is enough, and none lets nobody in", "[source_list]") {
  CHECK(Allows("10.0.0.0/8,::1,192.0.2.7", "::1"));
  CHECK(Allows("10.0.0.0/8,::1,192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(Allows("10.0.0.0/8,::1,192.0.2.7", "192.0.2.8"));
  CHECK_FALSE(SourceList().Contains(SourceOf("127.0.0.1")));
}

TEST_CASE("what is no network is said, and nothing of the text is taken", "[source_list]") {
  for (const std::string_view text :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "host", "10.0.0/8",
        "10.0.0.0/8,", "10.0.0.0/8/8", " 10.0.0.0/8"}) {
    INFO(text);
    SourceList list;
    const auto added = list.Add(text);
    REQUIRE_FALSE(added);
    CHECK(added.error().message.find("is no network") != std::string::npos);
    CHECK_FALSE(list.Contains(SourceOf("10.0.0.1")));
  }
  for (const std::string_view text : {"10.0.0.1/8", "2001:db8::1/64", "0.0.0.1/0", "::1/0"}) {
    INFO(text);
    const auto added = SourceList().Add(text);
    REQUIRE_FALSE(added);
    CHECK(added.error().message.find("has bits beyond its length") != std::string::npos);
  }
}

}  // namespace
}  // namespace weir
