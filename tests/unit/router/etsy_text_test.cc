#include "router/etsy_text.h"

#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/router_config.h"
#include "tests/unit/router/report_fixture.h"

namespace weir {
namespace {

RouterConfig Example(const std::string& name) {
  Lines warnings;
  auto config = LoadRouterConfig(RouterExample(name), {}, &warnings);
  REQUIRE(config);
  return *config;
}

// Holds for every configuration: the form of proxy.js, and each key once.
void CheckForm(const std::string& text) {
  REQUIRE(text.starts_with("\n"));
  REQUIRE(text.ends_with("\n"));
  std::set<std::string> keys;
  for (const std::string& line : LinesOf(text.substr(1))) {
    CAPTURE(line);
    const size_t colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    CHECK(keys.insert(line.substr(0, colon)).second);
    for (const char c : line) CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
}

}  // namespace

TEST_CASE("etsy's status has two lines and only the nodes of the ring", "[etsy_text]") {
  RouterReport report = ThreeDownstreams();
  CHECK(EtsyStatusText(report) == "uptime: 42\nnodes: 10.0.0.1:9125 \n");
  for (DownstreamReport& downstream : report.downstreams) downstream.health.in_ring = true;
  CHECK(EtsyStatusText(report) ==
        "uptime: 42\nnodes: 10.0.0.1:9125 10.0.0.2:9125 10.0.0.3:9125 \n");
  report.downstreams.clear();
  CHECK(EtsyStatusText(report) == "uptime: 42\nnodes: \n");
}

TEST_CASE("etsy's config says what its file says, then the whole configuration", "[etsy_text]") {
  const std::string text = EtsyConfigText(Example("etsy-proxy.js"));
  CheckForm(text);
  CHECK(
      text.starts_with("\n"
                       "nodes > 0: 127.0.0.1:8127\n"
                       "nodes > 1: 127.0.0.1:8129\n"
                       "nodes > 2: 127.0.0.1:8131\n"
                       "server: ./servers/udp\n"
                       "port: 8125\n"
                       "mgmt_port: 8126\n"
                       "checkInterval: 1000\n"
                       "forkCount: 0\n"
                       "listen > udp: :8125\n"
                       "listen > tcp: \n"));
  for (const std::string line :
       {"console > style: etsy", "placement: etsy", "health_check > fall: 1",
        "downstreams > 1: {address: 127.0.0.1:8129, health: 127.0.0.1:8130, health_kind: statsd, "
        "label: 127.0.0.1:8129, weight: 1, transport: udp}"}) {
    CAPTURE(text, line);
    CHECK(text.find("\n" + line + "\n") != std::string::npos);
  }
}

TEST_CASE("etsy's config has the form for every configuration", "[etsy_text]") {
  CHECK(EtsyConfigText(Example("router.yml")).find("\nforkCount: auto\n") != std::string::npos);
  for (const char* name : {"etsy-proxy.js", "go-statsd-proxy.json", "hulu.conf", "router.yml",
                           "graphite.yml", "statsrelay.yml"}) {
    CAPTURE(name);
    CheckForm(EtsyConfigText(Example(name)));
  }
}

TEST_CASE("etsy's config shows other addresses and odd texts in a line each", "[etsy_text]") {
  const std::string text =
      EtsyConfigText(GoodConfig("listen: {udp: [], tcp: \"[::1]:8125\"}\n"
                                "console: {listen: \"127.0.0.1:9\"}\n"
                                "placement: statsrelay\n"
                                "shard_map: [\"a\\nb\", c, c]\n"
                                "health_check: {interval: 1500ms}\n"
                                "threads: 3\n"
                                "downstreams:\n"
                                "  - {address: \"10.0.0.1:1\", label: \"a\\nb\", health: none}\n"
                                "  - {address: \"10.0.0.2:1\", label: c, health: none}\n"));
  CheckForm(text);
  CAPTURE(text);
  CHECK(text.find("\nserver: ./servers/tcp\naddress: ::1\nport: 8125\nmgmt_address: 127.0.0.1\n"
                  "mgmt_port: 9\ncheckInterval: 1500\nforkCount: 3\n") != std::string::npos);
  CHECK(text.find("\nshard_map > 0: \"a\\x0ab\"\nshard_map > 1: c\n") != std::string::npos);
}

}  // namespace weir
