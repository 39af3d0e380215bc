#include "common/topology/plan.h"

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

TEST_CASE("every address of a probe is named once, and none of the data ports", "[plan]") {
  CHECK(HealthNamesOf(GoodConfig(kTwo)) == std::vector<std::string>{"a.example:9102"});
  CHECK(HealthNamesOf(GoodConfig("downstreams:\n- {address: 'h:1', health: 'h:2'}\n"
                                 "- {address: 'g:1', health: 'h:2'}\n")) ==
        std::vector<std::string>{"h:2"});
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

TEST_CASE("probes have the configured bounds", "[plan]") {
  const RouterConfig config = GoodConfig(
      "on_down: hold\npanic_threshold: 40\n"
      "health_check: {interval: 3s, timeout: 2s, fall: 4, rise: 5}\ndownstreams: [a:1]\n");
  const HealthOptions health = HealthOptionsOf(config);
  CHECK(health.interval == std::chrono::seconds(3));
  CHECK(health.timeout == std::chrono::seconds(2));
  CHECK(health.fall == 4);
  CHECK(health.rise == 5);
  CHECK(health.panic_percent == 40);
  CHECK(health.on_down == OnDown::kHold);
}

TEST_CASE("lines without a series of `key: mapped` go by their name", "[plan]") {
  CHECK(KeyModeOf(GoodConfig("key: series\ndownstreams: [a:1]\n")) == KeyMode::kSeries);
  CHECK(KeyModeOf(GoodConfig("key: mapped\nmapping: m.yml\ndownstreams: [a:1]\n")) ==
        KeyMode::kName);
}

}  // namespace
}  // namespace weir
