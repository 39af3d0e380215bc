#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/router_config.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kSample =
    "{\n"
    "  nodes: [\n"
    "    {host: '127.0.0.1', port: 8127, adminport: 8128},\n"
    "    {host: 'node-b', port: 8129, adminport: 8130}\n"
    "  ],\n"
    "  server: './servers/udp',\n"
    "  host: '0.0.0.0',\n"
    "  port: 8225,\n"
    "  udp_version: 'udp4',\n"
    "  mgmt_port: 8226,\n"
    "  forkCount: 0,\n"
    "  checkInterval: 1000,\n"
    "  cacheSize: 10000\n"
    "}\n";

TEST_CASE("etsy's file chooses etsy's placement, ports, probes and console", "[router-config]") {
  const ReadOutcome outcome = ReadConfig(kSample);
  CHECK(outcome.warnings == Lines{});
  REQUIRE(outcome.config.has_value());
  RouterConfig wanted;
  wanted.listen.udp = {":8225"};
  wanted.listen.tcp = "";
  wanted.console = {":8226", ConsoleStyle::kEtsy};
  wanted.placement = Placement::kEtsy;
  wanted.validation = ValidationLevel::kOff;
  wanted.threads = 1;
  wanted.health_check = {HealthKind::kStatsd, seconds(1), seconds(1), 1, 1};
  wanted.downstreams = {{.address = "127.0.0.1:8127",
                         .label = "127.0.0.1:8127",
                         .health_kind = HealthKind::kStatsd,
                         .health = "127.0.0.1:8128"},
                        {.address = "node-b:8129",
                         .label = "node-b:8129",
                         .health_kind = HealthKind::kStatsd,
                         .health = "node-b:8130"}};
  CHECK(*outcome.config == wanted);
}

TEST_CASE("etsy's sample loads from its file", "[router-config]") {
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig(RouterExample("etsy-proxy.js"), {}, &warnings);
  REQUIRE(config.has_value());
  CHECK(warnings == Lines{});
  CHECK(config->downstreams.size() == 3);
}

// What stands beside the nodes, and whether the configuration it gives is right.
struct KeyCase {
  std::string_view text;
  std::function<bool(const RouterConfig&)> is_right;
};

TEST_CASE("every key of etsy's file does what it says", "[router-config]") {
  const std::vector<KeyCase> cases = {
      {"",
       [](auto& c) {
         return c.listen.udp == Lines{":8125"} && c.console.listen == ":8126" &&
                c.health_check.interval == seconds(10) && c.threads == 1;
       }},
      {"port: 1", [](auto& c) { return c.listen.udp == Lines{":1"}; }},
      {"address: '127.0.0.1'", [](auto& c) { return c.listen.udp == Lines{"127.0.0.1:8125"}; }},
      {"address: '::1', address_ipv6: true",
       [](auto& c) { return c.listen.udp == Lines{"[::1]:8125"}; }},
      {"server: './servers/tcp'",
       [](auto& c) { return c.listen.udp.empty() && c.listen.tcp == ":8125"; }},
      {"server: '/opt/statsd/servers/udp.js'",
       [](auto& c) { return c.listen.udp == Lines{":8125"}; }},
      {"server: './servers/tcp', socket: '/run/s', socket_mod: '0770'",
       [](auto& c) {
         return c.listen.tcp.empty() && c.listen.unix_stream == "/run/s" &&
                c.listen.unix_mode == 0770;
       }},
      {"checkInterval: 2.5 * 1000",
       [](auto& c) { return c.health_check.interval == milliseconds(2500); }},
      {"forkCount: 4", [](auto& c) { return c.threads == 4; }},
      {"forkCount: 'auto'", [](auto& c) { return c.threads == 0; }},
      {"mgmt_port: 7, mgmt_address: 'localhost'",
       [](auto& c) { return c.console.listen == "localhost:7"; }},
      {"log: {backend: 'syslog', level: 'LOG_INFO'}, title: 'x', automaticConfigReload: false, "
       "cacheSize: 1, debug: true",
       [](auto& c) { return c.placement == Placement::kEtsy; }},
  };
  for (const KeyCase& a_case : cases) {
    CAPTURE(a_case.text);
    const std::string text =
        "{nodes: [{host: 'a', port: 1, adminport: 2}], " + std::string(a_case.text) + "}";
    const ReadOutcome outcome = ReadConfig(text, {.strict = true, .overrides = {}});
    CHECK(outcome.errors == Lines{});
    CHECK(outcome.warnings == Lines{});
    REQUIRE(outcome.config.has_value());
    CHECK(a_case.is_right(*outcome.config));
  }
}

TEST_CASE("an IPv6 node of etsy's file gets brackets", "[router-config]") {
  const RouterConfig config = GoodConfig("{nodes: [{host: '::1', port: 1, adminport: 2}]}");
  CHECK(config.downstreams.at(0).address == "[::1]:1");
  CHECK(config.downstreams.at(0).health == "[::1]:2");
}

TEST_CASE("a mistake in etsy's file is told with its place", "[router-config]") {
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {"{}", "f: there is no downstream; list at least one under `nodes`"},
      {Replaced(kSample, "8225", "'x'"),
       "f:8:9: port: the text `\"x\"` is not a whole number from 1"},
      {Replaced(kSample, "/udp'", "/sctp'"),
       "f:6:11: server: the text `\"./servers/sctp\"` is not"},
      {Replaced(kSample, "1000,", "0,"),
       "f:12:18: checkInterval: `0` is not a number of milliseconds"},
      {Replaced(kSample, "t: 0", "t: 'all'"), "f:11:14: forkCount: the text `\"all\"` is not"},
      {Replaced(kSample, "port: 8127, ", ""), "f:3:5: this node has no `port`"},
      {"{nodes: [{host: '', port: 1}]}", "f:1:10: host: `` is not a host name or address"},
      {Replaced(kSample, "adminport: 8128", "adminport: true"), "f:3:48: adminport: `true` is not"},
      {Replaced(kSample, "8225", "process.env.PORT || 8225"),
       "f:8:9: expected a value, not "
       "`process.env.PORT || 8225,`"},
      {Replaced(kSample, "8225", "8000 + 225"), "f:8:9: expressions such as `8000 + 225,` are not"},
      {Replaced(kSample, "'udp4'", "'udp4"), "f:9:16: the quote in `'udp4,` is never closed"},
      {Replaced(kSample, "8225,", "8225"), "f:9:3: a comma is missing before `udp_version"},
      {Replaced(kSample, "port: 8225", "port 8225"),
       "f:8:8: expected `:` after the key `port`, not"},
      {Replaced(kSample, "port: 8225", "...rest"),
       "f:8:3: expected a key such as `port: 8125`, not "},
      {Replaced(kSample, "\n}\n", "\n"), "f:1:1: this `{` is never closed with `}`"},
      {kSample + "}", "f:15:1: expected nothing after the configuration's `}`, not `}`"},
      {Replaced(kSample, "8130}\n  ]", "8130}\n  }"), "f:5:3: expected `]`, not `},`"},
      {kSample + "/* the end", "f:15:1: this comment is never closed with `*/`"},
  };
  for (const auto& [text, wanted] : cases) {
    const ReadOutcome outcome = ReadConfig(text);
    CAPTURE(text, outcome.errors, wanted);
    REQUIRE_FALSE(outcome.errors.empty());
    CHECK(outcome.errors[0].starts_with(wanted));
  }
}

TEST_CASE("all errors of etsy's file come at once", "[router-config]") {
  const std::string broken =
      Replaced(Replaced(Replaced(kSample, "8225", "f(1)"), "8226", "'x'"), "8129", "port()");
  const Lines errors = ReadConfig(broken).errors;
  CAPTURE(errors);
  REQUIRE(errors.size() == 4);
  CHECK(errors[0].starts_with("f:4:5: this node has no `port`"));
  CHECK(errors[1].starts_with("f:4:28: expected a value, not `port()"));
  CHECK(errors[2].starts_with("f:8:9: expected a value, not `f(1),`"));
  CHECK(errors[3].starts_with("f:10:14: mgmt_port:"));
}

TEST_CASE("what is doubtful in etsy's file is a warning", "[router-config]") {
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {Replaced(kSample, "mgmt_port", "mgmtport"),
       "f:10:3: unknown key `mgmtport` in a proxy.js file; "
       "did you mean `mgmt_port`?"},
      {Replaced(kSample, "0.0.0.0", "10.1.1.1"), "f:7:9: host: `10.1.1.1` has no effect, as in"},
      {Replaced(kSample, ", adminport: 8128", ""),
       "f:3:5: downstream `127.0.0.1:8127` has no health"},
      {Replaced(kSample, "cacheSize", "port"),
       "f:13:3: key `port` is given twice, first in line 8"},
      {Replaced(kSample, "port: 8127", "port: 8127, weight: 2"),
       "f:3:37: unknown key `weight` in a node"},
  };
  for (const auto& [text, wanted] : cases) {
    const ReadOutcome outcome = ReadConfig(text);
    CAPTURE(text, outcome.warnings, wanted);
    CHECK(outcome.config.has_value());
    REQUIRE(outcome.warnings.size() == 1);
    CHECK(outcome.warnings[0].starts_with(wanted));
  }
}

// Variants of one file, made up after the reader was written.
TEST_CASE("any sane way to write etsy's file reads the same", "[router-config]") {
  const RouterConfig wanted = GoodConfig(kSample);
  std::string quoted = kSample;
  for (const std::string key : {"nodes", "host", " port", "adminport", "server", "udp_version",
                                "mgmt_port", "forkCount", "checkInterval", "cacheSize"}) {
    const std::string bare = key.substr(key.find_first_not_of(' '));
    quoted = Replaced(quoted, (key == "host" ? "host:" : key + ":"),
                      std::string(key.size() - bare.size(), ' ') + "\"" + bare + "\":");
  }
  quoted = Replaced(quoted, "{\"port\":", "{ \"port\":");
  const std::string json = Replaced(quoted, "'", "\"");
  const std::vector<std::string> variants = {
      "\xEF\xBB\xBF" + kSample,
      Replaced(kSample, "\n", "\r\n"),
      kSample.substr(0, kSample.size() - 1),
      quoted,
      json,
      Replaced(Replaced(json, "\n", ""), " ", ""),
      Replaced(kSample, "'", "\""),
      Replaced(kSample, "'", "`"),
      Replaced(kSample, "\n", "\n\n  \t"),
      Replaced(kSample, "\n", "  // a 'quoted' word, {a brace}\n"),
      Replaced(kSample, ",", " /* and, so: on */ ,"),
      "/* multi\n * line = x\n */\n" + kSample,
      "// first\n// second: {\n" + kSample,
      "(" + kSample + ")",
      "({\n" + kSample.substr(2, kSample.size() - 4) + "});\n",
      kSample.substr(0, kSample.size() - 1) + ";\n",
      "module.exports = " + kSample,
      "'use strict';\n\nmodule.exports={" + kSample.substr(1),
      "const config = " + kSample,
      "exports.config = " + kSample,
      "export default " + kSample,
      Replaced(Replaced(kSample, "8130}\n", "8130,},\n"), "10000\n}", "10000,\n}"),
      Replaced(kSample, "8225", "'8225'"),
      Replaced(kSample, "8225", "0x2021"),
      Replaced(kSample, "1000,", "1e3,"),
      Replaced(kSample, "1000,", "1 * 1000,"),
      Replaced(kSample, "'node-b'", "'node\\x2db'"),
      Replaced(kSample, ": ", ":"),
      Replaced(kSample, ": ", "\n:\n"),
      "{checkInterval: 1000, mgmt_port: 8226, port: 8225,\n" +
          Replaced(Replaced(Replaced(kSample, "  port: 8225,\n", ""), "  mgmt_port: 8226,\n", ""),
                   "  checkInterval: 1000,\n", "")
              .substr(1),
  };
  for (const std::string& variant : variants) {
    CAPTURE(variant);
    const ReadOutcome outcome = ReadConfig(variant);
    CHECK(outcome.errors == Lines{});
    CHECK(outcome.warnings == Lines{});
    REQUIRE(outcome.config.has_value());
    CHECK(*outcome.config == wanted);
  }
}

}  // namespace
}  // namespace weir
