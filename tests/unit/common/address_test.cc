#include "common/address.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string ErrorOf(std::string_view text) {
  const Result<ListenAddress> parsed = ParseListenAddress(text);
  REQUIRE_FALSE(parsed);
  return parsed.error().message;
}

void CheckParts(std::string_view text, const std::string& host, int port) {
  INFO(text);
  const Result<ListenAddress> parsed = ParseListenAddress(text);
  REQUIRE(parsed);
  CHECK(parsed->host == host);
  CHECK(parsed->port == port);
}

TEST_CASE("a listening address is a host and a decimal port", "[address]") {
  CheckParts(":9125", "", 9125);
  CheckParts("127.0.0.1:9125", "127.0.0.1", 9125);
  CheckParts("localhost:0", "localhost", 0);
  CheckParts("example.org:65535", "example.org", 65535);
  CheckParts("[::1]:9125", "::1", 9125);
  CheckParts("[::]:9125", "::", 9125);
  CheckParts("[fe80::1%eth0]:1", "fe80::1%eth0", 1);
  CheckParts("[]:9125", "", 9125);
}

TEST_CASE("no host, 0.0.0.0 and [::] mean every interface", "[address]") {
  CHECK(ParseListenAddress(":1")->wildcard());
  CHECK(ParseListenAddress("0.0.0.0:1")->wildcard());
  CHECK(ParseListenAddress("[::]:1")->wildcard());
  CHECK_FALSE(ParseListenAddress("127.0.0.1:1")->wildcard());
}

TEST_CASE("an address without host:port is refused by name", "[address]") {
  for (const char* text : {"", "9125", "localhost", "::1:9125", "[::1]", "[::1]9125", "[::1:9125",
                           "a]:1", "a[b:1", "[[::1]:1", "1:2:3"}) {
    CHECK(ErrorOf(text).starts_with("bad StatsD listening address: " + std::string(text)));
  }
}

TEST_CASE("a port that is no number from 0 to 65535 is refused by name", "[address]") {
  for (const char* port : {"", "http", "65536", "-1", "+1", "0x1", "1 ", "99999999999999999999"}) {
    CHECK(ErrorOf("localhost:" + std::string(port))
              .starts_with("bad port " + std::string(port) + ":"));
  }
}

TEST_CASE("numeric hosts resolve to themselves", "[address]") {
  CHECK(Resolve("127.0.0.1", 9125)->front().ToString() == "127.0.0.1:9125");
  const SocketAddress v6 = Resolve("::1", 80)->front();
  CHECK(v6.ToString() == "[::1]:80");
  CHECK(v6.family() == AF_INET6);
  CHECK(v6.port() == 80);
}

TEST_CASE("a named host resolves to IPv4 before IPv6", "[address]") {
  CHECK(Resolve("localhost", 9125)->front().ToString() == "127.0.0.1:9125");
}

TEST_CASE("a host that does not resolve is refused by name", "[address]") {
  const Result<std::vector<SocketAddress>> resolved = Resolve("no such host", 1);
  REQUIRE_FALSE(resolved);
  CHECK(resolved.error().message.starts_with("unable to resolve no such host: "));
}

}  // namespace
}  // namespace weir
