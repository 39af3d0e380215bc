#include "common/topology/look.h"

#include <string>
#include <vector>

#include "common/placement.h"
#include "tests/support/router_config.h"

namespace weir {
namespace {

DiscoverConfig SourceOf(std::string_view entry) {
  return GoodConfig("downstreams: [" + std::string(entry) + "]").discover.at(0);
}

DownstreamConfig Found(const std::string& address) {
  DownstreamConfig one;
  one.address = one.label = address;
  one.discovered = true;
  return one;
}

Lines LabelsOf(const RouterConfig& config) {
  Lines labels;
  for (const DownstreamConfig& one : config.downstreams) labels.push_back(one.label);
  return labels;
}

TEST_CASE("a target becomes a downstream that is as its source says", "[look]") {
  const DiscoverConfig source = SourceOf(
      "{srv: s.test, health: 'http://:9102/-/ready', weight: 3, transport: tcp, queue: 1MiB}");
  const DownstreamConfig one = DownstreamOf(source, {"a.test:9125", "", 0});
  CHECK(one.address == "a.test:9125");
  CHECK(one.label == "a.test:9125");
  CHECK(one.weight == 3);
  CHECK(one.transport == Transport::kTcp);
  CHECK(one.queue == uint64_t{1} << 20);
  CHECK(one.health_kind == HealthKind::kHttp);
  CHECK(one.health == "a.test:9102");
  CHECK(one.health_path == "/-/ready");
  CHECK(one.discovered);
  CHECK(NamesOf(one) == Lines{"a.test:9125", "a.test:9102"});
}

TEST_CASE("a target's own label and weight count before its source's", "[look]") {
  const DownstreamConfig one =
      DownstreamOf(SourceOf("{file: t.yml, health: ':9126', weight: 3}"), {"[::1]:9125", "a", 7});
  CHECK(one.label == "a");
  CHECK(one.weight == 7);
  CHECK(one.health == "[::1]:9126");
}

TEST_CASE("without a probe only the data address is a name", "[look]") {
  CHECK(NamesOf(DownstreamOf(SourceOf("{dns: 'a.test:1', health: none}"), {"10.0.0.1:1", "", 0})) ==
        Lines{"10.0.0.1:1"});
}

TEST_CASE("what is discovered stands behind what is listed, and replaces what was discovered",
          "[look]") {
  const RouterConfig config = GoodConfig("downstreams: ['a:1', {srv: s.test, health: none}]");
  const RouterConfig first = WithDiscovered(config, {Found("b:1"), Found("c:1")});
  CHECK(LabelsOf(first) == Lines{"a:1", "b:1", "c:1"});
  CHECK(LabelsOf(WithDiscovered(first, {Found("d:1")})) == Lines{"a:1", "d:1"});
  CHECK(WithDiscovered(first, {}) == config);
}

TEST_CASE("of two with one label the first counts", "[look]") {
  const RouterConfig config = GoodConfig("downstreams: ['a:1', {srv: s.test, health: none}]");
  const RouterConfig whole = WithDiscovered(config, {Found("a:1"), Found("b:1"), Found("b:1")});
  CHECK(LabelsOf(whole) == Lines{"a:1", "b:1"});
  CHECK_FALSE(whole.downstreams[0].discovered);
}

TEST_CASE("when there is no downstream one stands for nowhere", "[look]") {
  const RouterConfig config = GoodConfig("downstreams: [{srv: s.test, health: none}]");
  CHECK_FALSE(HasDownstreams(config));
  const RouterConfig none = WithDiscovered(config, {});
  CHECK(LabelsOf(none) == Lines{std::string(kNoneLabel)});
  CHECK(none.downstreams[0].address.empty());
  CHECK(NamesOf(none.downstreams[0]).empty());
  CHECK_FALSE(HasDownstreams(none));
  const RouterConfig some = WithDiscovered(none, {Found("a:1")});
  CHECK(LabelsOf(some) == Lines{"a:1"});
  CHECK(HasDownstreams(some));
}

TEST_CASE("no more are taken than placement knows", "[look]") {
  std::vector<DownstreamConfig> many;
  for (size_t i = 0; i <= RingConfig::kMaxNodes; ++i)
    many.push_back(Found("n:" + std::to_string(i)));
  const RouterConfig config = GoodConfig("downstreams: ['a:1', {srv: s.test, health: none}]");
  CHECK(WithDiscovered(config, many).downstreams.size() == RingConfig::kMaxNodes);
}

}  // namespace
}  // namespace weir
