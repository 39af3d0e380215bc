#include "router/plan.h"

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

TEST_CASE("placement knows downstreams by label, address and weight", "[plan]") {
  const RingConfig ring = RingConfigOf(GoodConfig(kTwo));
  REQUIRE(ring.nodes.size() == 2);
  CHECK(ring.placement == Placement::kSlots);
  CHECK(ring.nodes[0].label == "a");
  CHECK(ring.nodes[0].address == "a.example:9125");
  CHECK(ring.nodes[0].weight == 3);
  CHECK(ring.nodes[1].label == "/run/b.sock");
}

TEST_CASE("a shard map goes to placement as it is", "[plan]") {
  const RingConfig ring =
      RingConfigOf(GoodConfig("placement: statsrelay\nname_end: last\nshard_map: [b:1, a:1, b:1]\n"
                              "downstreams: [a:1, b:1]\n"));
  CHECK(ring.shard_map == std::vector<uint16_t>{1, 0, 1});
  CHECK(ring.name_end == NameEnd::kLast);
}

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

TEST_CASE("probes ask what the configuration says where it says", "[plan]") {
  const auto targets = HealthTargetsOf(GoodConfig(kTwo), Known);
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].probe.kind == HealthKind::kHttp);
  CHECK(targets[0].probe.endpoint == Known("a.example:9102"));
  CHECK(targets[0].probe.host == "a.example:9102");
  CHECK(targets[0].probe.path == "/-/ready");
  CHECK(targets[1].probe.kind == HealthKind::kNone);
  CHECK_FALSE(targets[1].probe.endpoint.known());
}

TEST_CASE("lanes and probes have the configured bounds", "[plan]") {
  const RouterConfig config = GoodConfig(
      "mtu: 512\non_down: hold\nhold: {time: 5s, bytes: 1KiB}\npanic_threshold: 40\n"
      "health_check: {interval: 3s, timeout: 2s, fall: 4, rise: 5}\ndownstreams: [a:1]\n");
  const LaneOptions lane = LaneOptionsOf(config);
  CHECK(lane.mtu == 512);
  CHECK(lane.on_down == OnDown::kHold);
  CHECK(lane.hold_time == std::chrono::seconds(5));
  CHECK(lane.hold_bytes == 1024);
  const HealthOptions health = HealthOptionsOf(config);
  CHECK(health.interval == std::chrono::seconds(3));
  CHECK(health.timeout == std::chrono::seconds(2));
  CHECK(health.fall == 4);
  CHECK(health.rise == 5);
  CHECK(health.panic_percent == 40);
  CHECK(health.on_down == OnDown::kHold);
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
