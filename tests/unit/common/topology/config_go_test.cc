#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/router_config.h"

namespace weir {
namespace {

using std::chrono::seconds;

const std::string kSample =
    "{\n"
    "  \"nodes\": [\n"
    "    {\"host\": \"127.0.0.1\", \"port\": 8127, \"adminport\": 8128},\n"
    "    {\"host\": \"node-b\", \"port\": 8129, \"adminport\": 8130}\n"
    "  ],\n"
    "  \"host\": \"0.0.0.0\",\n"
    "  \"port\": 8125,\n"
    "  \"managementport\": 8126,\n"
    "  \"checkInterval\": 5\n"
    "}\n";

TEST_CASE("go-statsd-proxy's file chooses its ports, probes and console", "[router-config]") {
  const ReadOutcome outcome = ReadConfig(kSample);
  REQUIRE(outcome.config.has_value());
  RouterConfig wanted;
  wanted.listen.udp = {"0.0.0.0:8125"};
  wanted.listen.tcp = "";
  wanted.console = {":8126", ConsoleStyle::kGo};
  wanted.health_check = {HealthKind::kStatsd, seconds(5), seconds(5), 1, 1};
  wanted.downstreams = {{.address = "127.0.0.1:8127",
                         .label = "127.0.0.1:8127",
                         .health_kind = HealthKind::kStatsd,
                         .health = "127.0.0.1:8128"},
                        {.address = "node-b:8129",
                         .label = "node-b:8129",
                         .health_kind = HealthKind::kStatsd,
                         .health = "node-b:8130"}};
  CHECK(*outcome.config == wanted);
  REQUIRE(outcome.warnings.size() == 1);
  CHECK(outcome.warnings[0].find("placed by `slots`") != std::string::npos);
}

TEST_CASE("go-statsd-proxy's sample loads from its file, its 1000 taken for milliseconds",
          "[router-config]") {
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig(RouterExample("go-statsd-proxy.json"), {}, &warnings);
  REQUIRE(config.has_value());
  CHECK(config->downstreams.size() == 3);
  CHECK(config->health_check.interval == seconds(1));
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[1].find(":10:20: checkInterval: taken for milliseconds") != std::string::npos);
}

TEST_CASE("a checkInterval is seconds below 100 and milliseconds from there on",
          "[router-config]") {
  const std::vector<std::pair<std::string_view, std::chrono::milliseconds>> cases = {
      {"1", seconds(1)},      {"0.5", std::chrono::milliseconds(500)},
      {"99", seconds(99)},    {"100", std::chrono::milliseconds(100)},
      {"10000", seconds(10)}, {"0", seconds(2)},
      {"null", seconds(2)},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    CHECK(GoodConfig(Replaced(kSample, "l\": 5", "l\": " + std::string(text)))
              .health_check.interval == wanted);
  }
}

TEST_CASE("a go-statsd-proxy file without a management port has no console", "[router-config]") {
  const RouterConfig config = GoodConfig(Replaced(kSample, "8126", "0"));
  CHECK(config.console.listen.empty());
}

TEST_CASE("a mistake in go-statsd-proxy's file is told with its place", "[router-config]") {
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {Replaced(kSample, "8125", "0"), "f:7:11: port: `0` is not a whole number from 1 to 65535"},
      {Replaced(kSample, "8127", "\"x\""), "f:3:35: port: the text `\"x\"` is not a whole number"},
      {Replaced(kSample, "\"port\": 8129, ", ""),
       "f:4:5: this node has no `port`; it should be a node"},
      {Replaced(kSample, "\"host\": \"node-b\", ", ""), "f:4:5: this node has no `host`"},
      {Replaced(kSample, "\"node-b\"", "\"node b\""), "f:4:5: host: `node b` is not a host name"},
      {Replaced(kSample, "8126", "-1"),
       "f:8:21: managementport: `-1` is not a whole number from 0"},
      {Replaced(kSample, "l\": 5", "l\": \"1s\""), "f:9:20: checkInterval"},
      {Replaced(kSample, "0.0.0.0", "0 0"), "f:6:11: host: `0 0` is not an address to listen on"},
      {"{\"nodes\": {}, \"managementport\": 1}", "f:1:11: nodes: a map is not a list of nodes"},
      {"{\"nodes\": [], \"managementport\": 1}",
       "f: there is no downstream; list at least one under "
       "`nodes`"},
      {"{\"nodes\": [\"a:1\"], \"managementport\": 1}",
       "f:1:12: nodes: the text `\"a:1\"` is not a node"},
  };
  for (const auto& [text, wanted] : cases) {
    const ReadOutcome outcome = ReadConfig(text);
    CAPTURE(text, outcome.errors, wanted);
    REQUIRE(outcome.errors.size() == 1);
    CHECK(Replaced(outcome.errors[0], "checkinterval", "checkInterval").starts_with(wanted));
  }
}

TEST_CASE("an unknown key of go-statsd-proxy's file is a warning, etsy's cacheSize is none",
          "[router-config]") {
  const ReadOutcome outcome =
      ReadConfig(Replaced(kSample, "\"port\": 8125", "\"port\": 8125, \"cacheSize\": 1, \"x\": 1"));
  REQUIRE(outcome.warnings.size() == 2);
  CHECK(outcome.warnings[1].starts_with("f:7:33: unknown key `x` in a go-statsd-proxy file"));
}

// Variants of one file, made up after the reader was written.
TEST_CASE("any sane way to write go-statsd-proxy's file reads the same", "[router-config]") {
  const RouterConfig wanted = GoodConfig(kSample);
  const std::string one_line = Replaced(Replaced(kSample, "\n", ""), "  ", "");
  const std::string settings = "\"host\": \"0.0.0.0\", \"port\": 8125, ";
  const std::vector<std::string> variants = {
      "\xEF\xBB\xBF" + kSample,
      Replaced(kSample, "\n", "\r\n"),
      kSample.substr(0, kSample.size() - 1),
      one_line,
      Replaced(Replaced(kSample, " ", ""), "\n", ""),
      Replaced(kSample, "\n", "\n\n\t"),
      Replaced(kSample, ": ", " : "),
      Replaced(kSample, ",", ",\n"),
      Replaced(kSample, ",", " ,"),
      Replaced(kSample, "managementport", "managementPort"),
      Replaced(kSample, "managementport", "ManagementPort"),
      Replaced(Replaced(kSample, "\"host\"", "\"Host\""), "\"nodes\"", "\"Nodes\""),
      Replaced(kSample, "adminport", "adminPort"),
      Replaced(kSample, "checkInterval", "checkinterval"),
      Replaced(kSample, "8127", "\"8127\""),
      Replaced(kSample, ": 5", ": 5.0"),
      Replaced(kSample, "node-b", "node\\u002db"),
      Replaced(kSample, "\n}", ",\n  \"cacheSize\": 10000\n}"),
      Replaced(kSample, "5\n}", "5,\n}"),
      "// our proxy\n" + kSample,
      "# our proxy\n" + Replaced(kSample, "8125,", "8125, // clients"),
      "{" + settings +
          Replaced(kSample, "  \"host\": \"0.0.0.0\",\n  \"port\": 8125,\n", "").substr(1),
      "\n\n" + kSample + "\n\n",
  };
  for (const std::string& variant : variants) {
    CAPTURE(variant);
    const ReadOutcome outcome = ReadConfig(variant);
    CHECK(outcome.errors == Lines{});
    CHECK(outcome.warnings.size() == 1);
    REQUIRE(outcome.config.has_value());
    CHECK(*outcome.config == wanted);
  }
}

}  // namespace
}  // namespace weir
