#include <chrono>
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
    "# two nodes\n"
    "data_port=8125\n"
    "control_port=8126\n"
    "downstream=127.0.0.1:8131:8132,node-b:8129:8130\n"
    "downstream_flush_interval=1.0\n"
    "downstream_health_check_interval=1.5\n"
    "downstream_ping_interval=10\n"
    "ping_prefix=statsd-cluster\n"
    "log_level=2\n"
    "threads_num=3\n";

TEST_CASE("hulu's file chooses hulu's placement, ports, probes and console", "[router-config]") {
  const ReadOutcome outcome = ReadConfig(kSample);
  CHECK(outcome.warnings == Lines{});
  REQUIRE(outcome.config.has_value());
  RouterConfig wanted;
  wanted.listen = {
      .udp = {":8125", ":8126", ":8127"}, .tcp = "", .unixgram = "", .unix_stream = ""};
  wanted.console = {":8126", ConsoleStyle::kHulu};
  wanted.placement = Placement::kHulu;
  wanted.mtu = 1450;
  wanted.flush_interval = seconds(1);
  wanted.ping = {seconds(10), "statsd-cluster"};
  wanted.health_check = {HealthKind::kStatsd, milliseconds(1500), milliseconds(1500), 1, 1};
  wanted.threads = 3;
  wanted.downstreams = {{.address = "127.0.0.1:8131",
                         .label = "127.0.0.1:8131",
                         .health_kind = HealthKind::kStatsd,
                         .health = "127.0.0.1:8132"},
                        {.address = "node-b:8129",
                         .label = "node-b:8129",
                         .health_kind = HealthKind::kStatsd,
                         .health = "node-b:8130"}};
  CHECK(*outcome.config == wanted);
}

TEST_CASE("hulu's sample loads from its file", "[router-config]") {
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig(RouterExample("hulu.conf"), {}, &warnings);
  REQUIRE(config.has_value());
  CHECK(warnings == Lines{});
  CHECK(config->downstreams.size() == 3);
  CHECK(config->listen.udp.size() == 4);
}

TEST_CASE("of hulu's keys only data_port and downstream are needed", "[router-config]") {
  const RouterConfig config = GoodConfig("data_port=8125\ndownstream=a:1:2\n");
  CHECK(config.listen.udp == Lines{":8125"});
  CHECK(config.console.listen.empty());
  CHECK(config.ping.interval.count() == 0);
  CHECK(config.threads == 1);
  CHECK(config.health_check.interval == seconds(2));
  CHECK(OnlyError("downstream=a:1:2\n") == "f: data_port is missing; write data_port=8125");
  CHECK(OnlyError("data_port=\ndownstream=a:1:2\n") ==
        "f: data_port is missing; write data_port=8125");
  CHECK(OnlyError("data_port=1\n")
            .starts_with("f: there is no downstream; list at least one under "
                         "`downstream=`"));
}

TEST_CASE("a node of hulu's file without a health port is not probed", "[router-config]") {
  const ReadOutcome outcome = ReadConfig("data_port=1\ndownstream=a:1, b:2:3\n");
  REQUIRE(outcome.config.has_value());
  CHECK(outcome.config->downstreams.at(0).health_kind == HealthKind::kNone);
  CHECK(outcome.config->downstreams.at(1).health == "b:3");
  REQUIRE(outcome.warnings.size() == 1);
  CHECK(outcome.warnings[0].starts_with("f:2:12: downstream `a:1` has no health address"));
}

TEST_CASE("an IPv6 node of hulu's file stands in brackets", "[router-config]") {
  const RouterConfig config = GoodConfig("data_port=1\ndownstream=[::1]:8127:8128\n");
  CHECK(config.downstreams.at(0).address == "[::1]:8127");
  CHECK(config.downstreams.at(0).health == "[::1]:8128");
}

TEST_CASE("a mistake in hulu's file is told with its place", "[router-config]") {
  const std::string good = "data_port=1\ndownstream=a:1:2\n";
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {good + "control_port", "f:3:1: `control_port` is not a setting such as data_port=8125"},
      {good + "=1", "f:3:1: `=1` is not a setting"},
      {good + "control_port=x", "f:3:14: control_port: `x` is not a whole number from 1 to 65535"},
      {good + "control_port=70000", "f:3:14: control_port: `70000` is not a whole number"},
      {good + "  downstream_flush_interval = 0 ",
       "f:3:31: downstream_flush_interval: `0` is not a "
       "number of seconds above 0"},
      {good + "downstream_ping_interval=-1", "f:3:26: downstream_ping_interval: `-1` is not"},
      {good + "downstream_health_check_interval=2s",
       "f:3:34: downstream_health_check_interval: `2s`"},
      {good + "log_level=INFO", "f:3:11: log_level: `INFO` is not a whole number from 0 to 4"},
      {good + "threads_num=0", "f:3:13: threads_num: `0` is not a whole number from 1 to 255"},
      {"data_port=65530\ndownstream=a:1:2\nthreads_num=10",
       "f:3:13: threads_num: ports 65530 to 65539"},
      {"data_port=1\ndownstream=a:1:2,b:x:3",
       "f:2:18: downstream: `b:x:3` is not "
       "host:data_port:health_port"},
      {"data_port=1\ndownstream=a", "f:2:12: downstream: `a` is not host:data_port:health_port"},
      {"data_port=1\ndownstream=:1:2", "f:2:12: downstream: `:1:2` is not"},
      {"data_port=1\ndownstream=a:1:2:3", "f:2:12: downstream: `a:1:2:3` is not"},
      {"data_port=1\ndownstream=a:1:2,a:1:3", "f:2:18: two downstreams are called `a:1`"},
  };
  for (const auto& [text, wanted] : cases) {
    const std::string error = OnlyError(text);
    CAPTURE(text, error, wanted);
    CHECK(error.starts_with(wanted));
  }
}

TEST_CASE("an unknown or doubled key of hulu's file is a warning", "[router-config]") {
  CHECK(ReadConfig("dataport=2\ndata_port=1\ndownstream=a:1:2\n").warnings ==
        Lines{"f:1:1: unknown key `dataport` in a statsd-router file; did you mean `data_port`?"});
  const ReadOutcome twice = ReadConfig("data_port=1\ndata_port=2\ndownstream=a:1:2\n");
  CHECK(twice.warnings ==
        Lines{"f:2:1: key `data_port` is given twice, first in line 1; the last one counts"});
  CHECK(twice.config->listen.udp == Lines{":2"});
}

// Variants of one file, made up after the reader was written.
TEST_CASE("any sane way to write hulu's file reads the same", "[router-config]") {
  const RouterConfig wanted = GoodConfig(kSample);
  std::string reversed;
  for (const std::string& line : LinesOf(kSample)) reversed = line + "\n" + reversed;
  const std::vector<std::string> variants = {
      "\xEF\xBB\xBF" + kSample,
      Replaced(kSample, "\n", "\r\n"),
      kSample.substr(0, kSample.size() - 1),
      reversed,
      Replaced(kSample, "\n", "\n\n"),
      "\n\n  \n" + kSample,
      kSample + "\n \t \n",
      Replaced(kSample, "=", " = "),
      Replaced(kSample, "=", "\t=\t"),
      Replaced(kSample, "\n", "  \n"),
      "  " + Replaced(kSample, "\n", "\n  "),
      Replaced(kSample, "\n", " # why: because\n"),
      Replaced(kSample, "\n", "\n   # key=value\n"),
      Replaced(kSample, "\n", "\n; old: style\n"),
      Replaced(Replaced(kSample, "=", "=\""), "\n", "\"\n").erase(11, 1),
      Replaced(kSample, "=statsd-cluster", "='statsd-cluster'"),
      Replaced(kSample, ",", ", "),
      Replaced(kSample, ",", " ,"),
      Replaced(kSample, ":8130", ":8130,"),
      Replaced(kSample, "=1.0", "=1"),
      Replaced(kSample, "=10\n", "=10.000\n"),
      Replaced(kSample, "=1.5", "=15e-1"),
      Replaced(kSample, "log_level=2\n", ""),
      Replaced(kSample, "# two nodes", "# nodes: two\n#downstream: a:1:2\n#\n#x: y\n#z: 1"),
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
