#include "common/guard.h"

#include <cstring>
#include <string>

#include "common/address.h"
#include "common/source_list.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

bool Takes(const Admission& admission, const std::string& host) {
  const SocketAddress address = Resolve(host, 1).value().front();
  sockaddr_in6 source{};
  std::memcpy(&source, address.data(), address.size());
  return admission.sources == nullptr || admission.sources->Contains(source);
}

std::string ErrorOf(const GuardOptions& options) {
  const auto guard = Guard::Create(options);
  return guard ? "" : guard.error().message;
}

TEST_CASE("without flags everybody may send", "[guard]") {
  const auto guard = Guard::Create({});
  REQUIRE(guard);
  for (const Transport transport :
       {Transport::kUdp, Transport::kTcp, Transport::kUnixgram, Transport::kUnixStream}) {
    CHECK((*guard)->For(transport).sources == nullptr);
  }
}

TEST_CASE("each listener has its own networks, those of all its flags", "[guard]") {
  const auto guard =
      Guard::Create({.allow = {"udp=10.0.0.0/8,::1", "tcp=192.0.2.0/24", "udp=192.0.2.7"}});
  REQUIRE(guard);
  const Admission udp = (*guard)->For(Transport::kUdp), tcp = (*guard)->For(Transport::kTcp);
  CHECK(Takes(udp, "10.1.2.3"));
  CHECK(Takes(udp, "::1"));
  CHECK(Takes(udp, "192.0.2.7"));
  CHECK_FALSE(Takes(udp, "192.0.2.8"));
  CHECK(Takes(tcp, "192.0.2.8"));
  CHECK_FALSE(Takes(tcp, "10.1.2.3"));
  CHECK((*guard)->For(Transport::kUnixgram).sources == nullptr);
}

TEST_CASE("a rule that is wrong is said with its flag", "[guard]") {
  CHECK(ErrorOf({.allow = {"udp=10.0.0.0/33"}}).starts_with("--auth.allow: '10.0.0.0/33' is no"));
  for (const char* rule : {"10.0.0.0/8", "unix=10.0.0.0/8", "=::1", "", "udp", "UDP=::1"}) {
    INFO(rule);
    CHECK(ErrorOf({.allow = {rule}})
              .starts_with("--auth.allow: '" + std::string(rule) +
                           "' does not say for which listener"));
  }
}

}  // namespace
}  // namespace weir
