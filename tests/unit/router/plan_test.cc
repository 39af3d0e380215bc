#include "router/plan.h"

#include "common/topology/look.h"
#include "tests/support/router_config.h"

namespace weir {
namespace {

// Every name is known, at an address that tells which name it was.
Endpoint Known(const std::string& name) {
  return Endpoint(Resolve("127.0.0.1", static_cast<uint16_t>(name.size()))->front());
}

constexpr std::string_view kTwo =
    "downstreams:\n"
    "- {address: 'a.example:9125', health: 'http://a.example:9102/-/ready', label: a, weight: 3}\n"
    "- {address: /run/b.sock, transport: unixgram, health: none}\n";

TEST_CASE("only what has a host is resolved, and each name once", "[plan]") {
  CHECK(NamesOf(GoodConfig(kTwo)) == std::vector<std::string>{"a.example:9102", "a.example:9125"});
  CHECK(NamesOf(GoodConfig("downstreams:\n- {address: 'h:1', health: 'h:2'}\n"
                           "- {address: 'g:1', health: 'h:2'}\n")) ==
        std::vector<std::string>{"g:1", "h:1", "h:2"});
}

TEST_CASE("downstreams are reached where their names lead, unix sockets at their paths", "[plan]") {
  const auto specs = DownstreamsOf(GoodConfig(kTwo), Known);
  REQUIRE(specs.size() == 2);
  CHECK(specs[0].endpoint == Known("a.example:9125"));
  CHECK(specs[1].transport == Transport::kUnixgram);
  CHECK(specs[1].endpoint == *Endpoint::OfUnix("/run/b.sock"));
}

TEST_CASE("as long as nothing is discovered lines go nowhere, and nobody is asked where that is",
          "[plan]") {
  const RouterConfig config =
      WithDiscovered(GoodConfig("downstreams: [{srv: s.test, health: none}]"), {});
  CHECK(NamesOf(config).empty());
  const auto specs = DownstreamsOf(config, Known);
  REQUIRE(specs.size() == 1);
  CHECK(specs[0].label == kNoneLabel);
  CHECK_FALSE(specs[0].endpoint.known());
  CHECK(HealthTargetsOf(config, Known)[0].probe.kind == HealthKind::kNone);
}

TEST_CASE("another DNS server or pace needs a restart", "[plan]") {
  const RouterConfig now = GoodConfig("downstreams: [{address: 'a:1', health: none}]");
  RouterConfig next = now;
  next.resolver.interval = std::chrono::seconds(5);
  CHECK(NeedRestart(now, next) == std::vector<std::string>{"resolver"});
  CHECK(AfterReload(now, next) == now);
}

TEST_CASE("lanes have the configured bounds", "[plan]") {
  const RouterConfig config =
      GoodConfig("mtu: 512\non_down: hold\nhold: {time: 5s, bytes: 1KiB}\ndownstreams: [a:1]\n");
  const LaneOptions lane = LaneOptionsOf(config);
  CHECK(lane.mtu == 512);
  CHECK(lane.on_down == OnDown::kHold);
  CHECK(lane.hold_time == std::chrono::seconds(5));
  CHECK(lane.hold_bytes == 1024);
}

TEST_CASE("a reload tells which keys need a restart", "[plan]") {
  const RouterConfig now = GoodConfig("downstreams: [a:1]\n");
  CHECK(NeedRestart(now, GoodConfig("mtu: 99\ndownstreams: [b:1]\n")).empty());
  CHECK(NeedRestart(now, GoodConfig("listen: {udp: ':1'}\nconsole: {listen: ':2'}\n"
                                    "web: {listen: ':3'}\nthreads: 7\nread_buffer: 0\n"
                                    "downstreams: [a:1]\n")) ==
        std::vector<std::string>{"listen", "console", "web", "threads", "read_buffer"});
}

TEST_CASE("a reload brings the rest into force, and of those keys nothing", "[plan]") {
  const RouterConfig now = GoodConfig("listen: {udp: ':1'}\ndownstreams: [a:1]\n");
  const RouterConfig next = GoodConfig(
      "listen: {udp: ':2'}\nmtu: 99\nthreads: 7\n"
      "downstreams: [b:1]\n");
  const RouterConfig after = AfterReload(now, next);
  CHECK(NeedRestart(now, after).empty());
  CHECK(after.mtu == 99);
  CHECK(after.downstreams == next.downstreams);
}

}  // namespace
}  // namespace weir
