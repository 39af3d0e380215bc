#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/router_config.h"

namespace weir {
namespace {

void CheckRoundTrip(const RouterConfig& config) {
  const std::string yaml = ToYaml(config);
  CAPTURE(yaml);
  const ReadOutcome outcome = ReadConfig(yaml, {.strict = true, .overrides = {}});
  CHECK(outcome.errors == Lines{});
  CHECK(outcome.warnings == Lines{});
  REQUIRE(outcome.config.has_value());
  CHECK(*outcome.config == config);
  CHECK(ToYaml(*outcome.config) == yaml);
}

TEST_CASE("what --print-config writes reads back equal, whatever form it was read from",
          "[router-config]") {
  for (const char* name : {"hulu.conf", "go-statsd-proxy.json", "etsy-proxy.js", "router.yml",
                           "graphite.yml", "statsrelay.yml"}) {
    CAPTURE(name);
    std::vector<std::string> warnings;
    const auto config = LoadRouterConfig(RouterExample(name), {}, &warnings);
    REQUIRE(config.has_value());
    CheckRoundTrip(*config);
  }
}

TEST_CASE("every key that differs from its default survives being written", "[router-config]") {
  const RouterConfig config = GoodConfig(R"(
listen: {udp: [], tcp: "[::1]:1", unixgram: "/run/a \"b\" \\c: #d", unix: "@e", unix_mode: 700}
console: {listen: ":2", style: go}
web: {listen: ""}
key: mapped
mapping: ["a: b.yml", "c\td", 'é']
placement: statsrelay
shard_map: [x, y, x]
name_end: last
mtu: 1
flush_interval: 1ns
validation: off
ping: {interval: 1h0.5s, prefix: "yes"}
health_check: {kind: http, interval: 3s, timeout: 2500ms, fall: 1, rise: 9}
on_down: hold
hold: {time: 1us, bytes: 12345}
panic_threshold: 100
read_buffer: 0
threads: 255
resolver: {address: "[::1]:8600", interval: 5s}
downstreams:
- {address: "a:1", label: x, health: "b:2"}
- {address: "a:2", label: y, health: "http://[::1]:3/p?q=#r", transport: tcp, queue: 1}
- {address: "/run/x", label: "null", transport: unixgram, health: "c:3", health_kind: statsd}
- {address: "d:4", label: "5", health: "e:5", health_kind: tcp}
- {address: "f:6", health: none}
- {dns: "g.test:7", health: ":8", transport: tcp, queue: 2MiB}
- {srv: "_s._udp.h.test", health: "http://:9/p?q=#r"}
- {file: "i/*.json", health: none}
)");
  CheckRoundTrip(config);
}

TEST_CASE("text with escapes survives being written", "[router-config]") {
  const RouterConfig config = GoodConfig(
      "{nodes: [{host: 'a', port: 1, adminport: 2}], server: 'tcp', "
      "socket: '/run/\\x01\\t\\n\\u00e9\\ud83d\"\\\\'}");
  CHECK(config.listen.unix_stream == "/run/\x01\t\n\xC3\xA9\xEF\xBF\xBD\"\\");
  CheckRoundTrip(config);
}

TEST_CASE("the command line replaces what the file says", "[router-config]") {
  constexpr std::string_view kFile = "downstreams: [{address: 'a:1', health: none}]\nmtu: 99\n";
  ConfigOptions options;
  options.overrides = {.listen_udp = Lines{":1", ":2"},
                       .listen_tcp = "",
                       .web = "127.0.0.1:3",
                       .console = ":4",
                       .downstreams = {"b:5", "[::1]:6"},
                       .placement = Placement::kKetama,
                       .threads = 7};
  for (const std::string_view file : {kFile, std::string_view()}) {
    const RouterConfig config = GoodConfig(file, options);
    CHECK(config.listen.udp == Lines{":1", ":2"});
    CHECK(config.listen.tcp.empty());
    CHECK(config.web == "127.0.0.1:3");
    CHECK(config.console.listen == ":4");
    CHECK(config.placement == Placement::kKetama);
    CHECK(config.threads == 7);
    REQUIRE(config.downstreams.size() == 2);
    CHECK(config.downstreams[1].label == "[::1]:6");
    CHECK(config.mtu == (file.empty() ? 1432 : 99));
  }
  CHECK(GoodConfig(kFile).downstreams.at(0).address == "a:1");
}

TEST_CASE("wrong flags are told together with what is wrong in the file", "[router-config]") {
  ConfigOptions options;
  options.overrides.listen_tcp = "8125";
  options.overrides.downstreams = {"a"};
  const Lines errors = ReadConfig("mtu: x", options).errors;
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].starts_with("f: --listen-tcp: `8125` is not an address to listen on"));
  CHECK(errors[1].starts_with("f: --downstream: `a` is not host:port"));
  CHECK(errors[2].starts_with("f:1:6: mtu: `x`"));
}

TEST_CASE("without a file the flags must do", "[router-config]") {
  ConfigOptions options;
  std::vector<std::string> warnings;
  auto none = LoadRouterConfig("", options, &warnings);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message.starts_with("flags: there is no downstream"));
  options.overrides.downstreams = {"a:1", "b:1"};
  const auto config = LoadRouterConfig("", options, &warnings);
  REQUIRE(config.has_value());
  CHECK(config->placement == Placement::kSlots);
  CHECK(warnings.size() == 2);  // nobody probes them
}

TEST_CASE("every example of the manual reads as it should", "[router-config][docs]") {
  const auto root = std::filesystem::path(RouterExample("x")).parent_path() / "../../docs";
  std::ifstream file(root / "router-config.md");
  REQUIRE(file.good());
  std::vector<std::string> blocks;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = line.size() > 3;
      if (is_inside) blocks.emplace_back();
    } else if (is_inside) {
      blocks.back() += line + "\n";
    }
  }
  CHECK(blocks.size() >= 4);
  for (const std::string& block : blocks) {
    CAPTURE(block);
    CHECK(ReadConfig(block, {.strict = true, .overrides = {}}).errors == Lines{});
  }
}

}  // namespace
}  // namespace weir
