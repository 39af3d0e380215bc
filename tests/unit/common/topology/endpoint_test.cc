#include "common/topology/endpoint.h"

#include <sys/un.h>

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("an endpoint is nowhere until it is known", "[endpoint]") {
  CHECK_FALSE(Endpoint().known());
  const Endpoint one(Resolve("127.0.0.1", 9125).value()[0]);
  CHECK(one.known());
  CHECK(one.family() == AF_INET);
  CHECK(one == Endpoint(Resolve("127.0.0.1", 9125).value()[0]));
  CHECK_FALSE(one == Endpoint(Resolve("127.0.0.1", 9126).value()[0]));
  CHECK_FALSE(one == Endpoint());
}

TEST_CASE("a unix endpoint is a path or an abstract name", "[endpoint]") {
  const Endpoint path = Endpoint::OfUnix("/run/x").value();
  const Endpoint name = Endpoint::OfUnix("@x").value();
  const auto* path_address = reinterpret_cast<const sockaddr_un*>(path.data());
  const auto* name_address = reinterpret_cast<const sockaddr_un*>(name.data());
  CHECK(std::string(path_address->sun_path) == "/run/x");
  CHECK(path.size() == offsetof(sockaddr_un, sun_path) + 7);
  CHECK(std::string(name_address->sun_path, 2) == std::string("\0x", 2));
  CHECK(name.size() == offsetof(sockaddr_un, sun_path) + 2);
}

TEST_CASE("a path that no socket address holds is an error that says so", "[endpoint]") {
  CHECK(Endpoint::OfUnix(std::string(107, 'x')).has_value());
  const Result<Endpoint> longer = Endpoint::OfUnix(std::string(108, 'x'));
  REQUIRE_FALSE(longer.has_value());
  CHECK(longer.error().message.ends_with("expected 1 to 107 characters"));
  CHECK_FALSE(Endpoint::OfUnix("").has_value());
}

}  // namespace
}  // namespace weir
