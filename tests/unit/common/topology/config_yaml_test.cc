#include <chrono>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/router_config.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kNode = "downstreams: [{address: \"n:1\", health: none}]\n";

std::string WithNode(std::string_view text) {
  return std::string(text) + "\n" + std::string(kNode);
}

TEST_CASE("a file with nothing but a downstream has every default", "[router-config]") {
  const RouterConfig config = GoodConfig("downstreams: [\"10.0.0.1:9125\"]");
  RouterConfig wanted;
  wanted.downstreams.push_back({.address = "10.0.0.1:9125", .label = "10.0.0.1:9125"});
  CHECK(config == wanted);
  CHECK(config.listen.udp == Lines{":8125"});
  CHECK(config.listen.tcp == ":8125");
  CHECK(config.web == ":9145");
  CHECK(config.console.listen.empty());
  CHECK(config.mtu == 1432);
  CHECK(config.flush_interval == milliseconds(100));
  CHECK(config.ping.interval.count() == 0);
  CHECK(config.health_check.interval == seconds(2));
}

// A piece of a file and whether the configuration it gives is right.
struct KeyCase {
  std::string_view text;
  std::function<bool(const RouterConfig&)> is_right;
};

TEST_CASE("every key does what it says", "[router-config]") {
  const std::vector<KeyCase> cases = {
      {"listen: {udp: \":1\"}",
       [](auto& c) { return c.listen.udp == Lines{":1"} && c.listen.tcp == ":8125"; }},
      {"listen: {udp: [\":1\", \"127.0.0.1:2\"]}",
       [](auto& c) {
         return c.listen.udp == Lines{":1", "127.0.0.1:2"};
       }},
      {"listen: {udp: \"\"}", [](auto& c) { return c.listen.udp.empty(); }},
      {"listen: {udp: []}", [](auto& c) { return c.listen.udp.empty(); }},
      {"listen: {tcp: \"[::1]:7\"}", [](auto& c) { return c.listen.tcp == "[::1]:7"; }},
      {"listen: {unixgram: /run/g, unix: '@s', unix_mode: 0770}",
       [](auto& c) {
         return c.listen.unixgram == "/run/g" && c.listen.unix_stream == "@s" &&
                c.listen.unix_mode == 0770;
       }},
      {"console: {listen: \":1\", style: hulu}",
       [](auto& c) { return c.console.listen == ":1" && c.console.style == ConsoleStyle::kHulu; }},
      {"console: {style: etsy}", [](auto& c) { return c.console.listen == "127.0.0.1:8126"; }},
      {"console:", [](auto& c) { return c.console.listen.empty(); }},
      {"web: {listen: \"\"}", [](auto& c) { return c.web.empty(); }},
      {"key: series", [](auto& c) { return c.key == KeyKind::kSeries; }},
      {"key: mapped\nmapping: a.yml",
       [](auto& c) { return c.key == KeyKind::kMapped && c.mapping == Lines{"a.yml"}; }},
      {"key: mapped\nmapping: [a.yml, b]",
       [](auto& c) {
         return c.mapping == Lines{"a.yml", "b"};
       }},
      {"placement: etsy-0.7", [](auto& c) { return c.placement == Placement::kEtsy07; }},
      {"placement: statsrelay\nname_end: last\nshard_map: ['n:1', 'n:1']",
       [](auto& c) {
         return c.name_end == NameEnd::kLast && c.shard_map == std::vector<uint16_t>{0, 0};
       }},
      {"mtu: 512", [](auto& c) { return c.mtu == 512; }},
      {"flush_interval: 1.5s", [](auto& c) { return c.flush_interval == milliseconds(1500); }},
      {"validation: off", [](auto& c) { return c.validation == ValidationLevel::kOff; }},
      {"validation: strict", [](auto& c) { return c.validation == ValidationLevel::kStrict; }},
      {"ping: {}",
       [](auto& c) { return c.ping.interval == seconds(10) && c.ping.prefix == "weir"; }},
      {"ping: {interval: 1m, prefix: p}",
       [](auto& c) { return c.ping.interval == seconds(60) && c.ping.prefix == "p"; }},
      {"health_check: {kind: tcp, interval: 5s, timeout: 3s, fall: 3, rise: 4}",
       [](auto& c) {
         const HealthCheckConfig wanted{HealthKind::kTcp, seconds(5), seconds(3), 3, 4};
         return c.health_check == wanted;
       }},
      {"health_check: {interval: 300ms}",
       [](auto& c) { return c.health_check.timeout == milliseconds(300); }},
      {"on_down: drop", [](auto& c) { return c.on_down == OnDown::kDrop; }},
      {"on_down: hold\nhold: {time: 5s, bytes: 1MiB}",
       [](auto& c) {
         return c.on_down == OnDown::kHold && c.hold.time == seconds(5) && c.hold.bytes == 1048576;
       }},
      {"panic_threshold: 50", [](auto& c) { return c.panic_threshold == 50; }},
      {"read_buffer: 0", [](auto& c) { return c.read_buffer == 0; }},
      {"read_buffer: 4 KiB", [](auto& c) { return c.read_buffer == 4096; }},
      {"threads: 8", [](auto& c) { return c.threads == 8; }},
  };
  for (const KeyCase& a_case : cases) {
    CAPTURE(a_case.text);
    const ReadOutcome outcome =
        ReadConfig(WithNode(a_case.text), {.strict = true, .overrides = {}});
    CHECK(outcome.errors == Lines{});
    CHECK(outcome.warnings == Lines{});
    REQUIRE(outcome.config.has_value());
    CHECK(a_case.is_right(*outcome.config));
  }
}

TEST_CASE("a downstream says where it is, how it is probed and what share it takes",
          "[router-config]") {
  const std::vector<std::pair<std::string_view, DownstreamConfig>> cases = {
      {"{address: \"a:1\", health: \"a:2\"}",
       {.address = "a:1", .label = "a:1", .health_kind = HealthKind::kStatsd, .health = "a:2"}},
      {"{address: \"a:1\", health: \"http://b:3/-/x?y=1\", label: l, weight: 3}",
       {.address = "a:1",
        .label = "l",
        .weight = 3,
        .health_kind = HealthKind::kHttp,
        .health = "b:3",
        .health_path = "/-/x?y=1"}},
      {"{address: \"a:1\", health: \"http://b\"}",
       {.address = "a:1",
        .label = "a:1",
        .health_kind = HealthKind::kHttp,
        .health = "b:80",
        .health_path = "/"}},
      {"{address: \"a:1\", health: \"http://[::1]:80/\"}",
       {.address = "a:1",
        .label = "a:1",
        .health_kind = HealthKind::kHttp,
        .health = "[::1]:80",
        .health_path = "/"}},
      {"{address: \"a:1\", health: \"b:3\", health_kind: http}",
       {.address = "a:1",
        .label = "a:1",
        .health_kind = HealthKind::kHttp,
        .health = "b:3",
        .health_path = "/-/ready"}},
      {"{address: \"[::1]:1\", health_kind: tcp, health: \"b:3\", transport: tcp, queue: 64KiB}",
       {.address = "[::1]:1",
        .label = "[::1]:1",
        .transport = Transport::kTcp,
        .queue = 65536,
        .health_kind = HealthKind::kTcp,
        .health = "b:3"}},
      {"{address: /run/x.sock, transport: unixgram, health: none}",
       {.address = "/run/x.sock", .label = "/run/x.sock", .transport = Transport::kUnixgram}},
      {"{address: \"a:1\", health: \"b:2\", health_kind: none}",
       {.address = "a:1", .label = "a:1"}},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    const ReadOutcome outcome = ReadConfig("downstreams:\n- " + std::string(text));
    CHECK(outcome.errors == Lines{});
    CHECK(outcome.warnings == Lines{});
    REQUIRE(outcome.config.has_value());
    CHECK(outcome.config->downstreams.at(0) == wanted);
  }
}

TEST_CASE("how downstreams are probed may be said after they are listed", "[router-config]") {
  const RouterConfig config =
      GoodConfig("downstreams: [{address: \"a:1\", health: \"a:2\"}]\nhealth_check: {kind: tcp}\n");
  CHECK(config.downstreams.at(0).health_kind == HealthKind::kTcp);
}

TEST_CASE("a downstream that is not probed is worth a warning, unless that was meant",
          "[router-config]") {
  CHECK(
      ReadConfig("downstreams:\n- address: a:1\n").warnings ==
      Lines{"f:2:3: downstream `a:1` has no health address, so only refusals of its data port will "
            "tell that it is dead"});
  CHECK(ReadConfig("health_check: {kind: none}\ndownstreams: ['a:1']\n").warnings == Lines{});
  CHECK(ReadConfig("downstreams: [{address: 'a:1', health_kind: none}]\n").warnings == Lines{});
}

TEST_CASE("a downstream that is the router itself is worth a warning", "[router-config]") {
  const auto warnings_of = [](std::string_view listen, std::string_view downstream) {
    return ReadConfig("listen: {" + std::string(listen) +
                      "}\ndownstreams:\n- {health: none, address: " + std::string(downstream) +
                      "}\n")
        .warnings;
  };
  CHECK(
      warnings_of("udp: ':9125'", "'127.0.0.1:9125'") ==
      Lines{"f:3:3: downstream `127.0.0.1:9125` is where this router itself listens (`:9125`): its "
            "lines would come back again and again"});
  CHECK(warnings_of("udp: '0.0.0.0:9125'", "'localhost:9125'").size() == 1);
  CHECK(warnings_of("udp: '[::]:9125'", "'[::1]:9125'").size() == 1);
  CHECK(warnings_of("udp: '10.0.0.1:9125'", "'10.0.0.1:9125'").size() == 1);
  CHECK(warnings_of("udp: [':1', ':9125'], tcp: ''", "'127.0.0.1:9125'").size() == 1);
  CHECK(warnings_of("tcp: ':9125'", "'127.0.0.1:9125', transport: tcp").size() == 1);
  CHECK(warnings_of("unixgram: /run/in", "/run/in, transport: unixgram").size() == 1);
  for (const char* other :
       {"'127.0.0.1:9126'", "'10.0.0.1:9125'", "'127.0.0.1:9125', transport: tcp"}) {
    CHECK(warnings_of("udp: ':9125', tcp: ''", other) == Lines{});
  }
  CHECK(warnings_of("udp: '10.0.0.2:9125'", "'127.0.0.1:9125'") == Lines{});
}

TEST_CASE("a wrong value is told with its place and what would be right", "[router-config]") {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"listen: {udp: 8125}",
       "f:1:15: udp: `8125` is not an address to listen on, such as \":8125\""},
      {"listen: {udp: [\":1\", x]}", "f:1:22: udp: `x` is not an address to listen on"},
      {"listen: {tcp: \"a b:1\"}", "f:1:15: tcp: the text `\"a b:1\"` is not an address"},
      {"listen: {unix_mode: 999}", "f:1:21: unix_mode: `999` is not a file's permissions in octal"},
      {"listen: :8125", "f:1:9: listen: `:8125` is not a map such as {udp: \":8125\"}"},
      {"console: {style: x}", "f:1:18: style: `x` is not own, etsy, go or hulu"},
      {"web: {listen: [1]}", "f:1:15: listen: a list is not an address to listen on"},
      {"key: tags", "f:1:6: key: `tags` is not name, series or mapped"},
      {"key: series\nplacement: hulu",
       "f:1:6: key: `placement: hulu` places names, as the router it stands in for does; `key: "
       "series` needs `placement: slots`"},
      {"key: mapped", "f: `key: mapped` needs the rules"},
      {"key: mapped\nmapping: []", "f:2:10: `key: mapped` needs the rules"},
      {"placement: jump",
       "f:1:12: placement: `jump` is not slots, ketama, etsy, etsy-0.7, hulu or "
       "statsrelay"},
      {"placement: statsrelay\nshard_map: [x]", "f:2:13: shard_map: `x` is neither the label nor"},
      {"placement: statsrelay\nshard_map: {0: 'n:1', 2: 'n:1'}",
       "f:2:23: shard_map: shards count up from 0, so `2` should be 1"},
      {"mtu: 0", "f:1:6: mtu: `0` is not a whole number from 1 to 65507"},
      {"mtu: 99.5", "f:1:6: mtu: `99.5` is not a whole number from 1 to 65507"},
      {"flush_interval: 100",
       "f:1:17: flush_interval: `100` is not a duration above zero with its unit"},
      {"flush_interval: 0s",
       "f:1:17: flush_interval: `0s` is not a duration above zero with its unit"},
      {"flush_interval: -1s",
       "f:1:17: flush_interval: `-1s` is not a duration above zero with its unit"},
      {"validation: on", "f:1:13: validation: `on` is not off, structure or strict"},
      {"ping: 10s", "f:1:7: ping: `10s` is not a map such as {interval: 10s"},
      {"health_check: {fall: 0}", "f:1:22: fall: `0` is not a whole number from 1 to 1000"},
      {"health_check: {interval: 1s, timeout: 2s}",
       "f:1:39: timeout: it must not be longer than the `interval`"},
      {"on_down: wait", "f:1:10: on_down: `wait` is not rehash, drop or hold"},
      {"hold: {bytes: 1MB}", "f:1:15: bytes: `1MB` is not a size in bytes, such as 65536, 64KiB"},
      {"panic_threshold: 101",
       "f:1:18: panic_threshold: `101` is not a whole number from 0 to 100"},
      {"read_buffer: 2GiB", "f:1:14: read_buffer: `2GiB` is not at most 1GiB"},
      {"threads: many", "f:1:10: threads: `many` is not a whole number from 0 to 255"},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    const std::string error = OnlyError(WithNode(text));
    CAPTURE(error, wanted);
    CHECK(error.starts_with(wanted));
  }
}

TEST_CASE("a placement of the command line that the key does not fit is an error",
          "[router-config]") {
  ConfigOptions options;
  options.overrides.placement = Placement::kEtsy;
  const Lines errors = ReadConfig(WithNode("key: series"), options).errors;
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].starts_with("f:1:6: key: `placement: etsy` places names"));
}

TEST_CASE("a wrong downstream is told with its place", "[router-config]") {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"- {label: x}", "f:2:3: this downstream has no `address`, such as 10.0.0.1:9125"},
      {"- {address: \"a\", health: none}", "f:2:13: address: `a` is not host:port, such as"},
      {"- {address: \"a:0\", health: none}", "f:2:13: address: `a:0` is not host:port"},
      {"- {address: \":1\", health: none}", "f:2:13: address: `:1` is not host:port"},
      {"- {address: \"a:1\", health: \"a\"}", "f:2:28: health: `a` is not host:port"},
      {"- {address: \"a:1\", health: \"https://a/\"}",
       "f:2:28: health: `https://a/` is not a URL that begins with http://"},
      {"- {address: \"a:1\", health: \"http://a/\", health_kind: tcp}",
       "f:2:28: health: `http://a/` is not an address for health_kind: tcp"},
      {"- {address: \"a:1\", health: none, weight: 0}",
       "f:2:42: weight: `0` is not a whole number from 1 to 10000"},
      {"- {address: \"a:1\", health: none, transport: unix}",
       "f:2:45: transport: `unix` is not udp, tcp or unixgram"},
      {"- {address: \"a:1\", health: none}\n- {address: \"a:1\", health: none}",
       "f:3:3: two downstreams are called `a:1`, first in line 2"},
  };
  for (const auto& [text, wanted] : cases) {
    const std::string error = OnlyError("downstreams:\n" + std::string(text));
    CAPTURE(text, error, wanted);
    CHECK(error.starts_with(wanted));
  }
  CHECK(OnlyError("").starts_with("f: there is no downstream; list at least one under `downstr"));
  CHECK(OnlyError("- a").starts_with("f:1:1: the file: a list is not a router's configuration"));
  CHECK(OnlyError("downstreams: a:1").starts_with("f:1:14: downstreams: `a:1` is not a list"));
  CHECK(OnlyError(WithNode("listen: {udp: '', tcp: ''}"))
            .starts_with("f: there is nothing to listen"));
}

TEST_CASE("all errors of a file come at once, in its order", "[router-config]") {
  const Lines errors =
      ReadConfig("mtu: x\nkey: y\ndownstreams:\n- {address: z, weight: -1}\nthreads: 1000\n")
          .errors;
  REQUIRE(errors.size() == 5);
  CHECK(errors[0].starts_with("f:1:6: "));
  CHECK(errors[1].starts_with("f:2:6: "));
  CHECK(errors[2].starts_with("f:4:13: "));
  CHECK(errors[3].starts_with("f:4:24: "));
  CHECK(errors[4].starts_with("f:5:10: "));
}

TEST_CASE("what is doubtful is a warning, and with strict an error", "[router-config]") {
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {WithNode("mto: 1"),
       "f:1:1: unknown key `mto` in a router's configuration; did you mean `mtu`?"},
      {WithNode("listen: {upd: ':1'}"),
       "f:1:10: unknown key `upd` in `listen`; did you mean `udp`?"},
      {WithNode("mtu: 1\nmtu: 2"), "f:2:1: key `mtu` is given twice"},
      {WithNode("mapping: a.yml"), "f:1:10: mapping: only `key: mapped` uses rules"},
      {WithNode("shard_map: [a]"), "f:1:12: shard_map: only `placement: statsrelay` has shards"},
      {"downstreams: [{address: 'a:1', health: none, queue: 1}]", "f:1:53: queue: only"},
      {"placement: hulu\ndownstreams: [{address: 'a:1', health: none, weight: 2}]",
       "f:2:54: weight: `placement: hulu` knows no weights"},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    const ReadOutcome lenient = ReadConfig(text);
    CHECK(lenient.config.has_value());
    REQUIRE(lenient.warnings.size() == 1);
    CAPTURE(lenient.warnings[0], wanted);
    CHECK(lenient.warnings[0].starts_with(wanted));
    const ReadOutcome strict = ReadConfig(text, {.strict = true, .overrides = {}});
    CHECK(strict.errors == lenient.warnings);
  }
}

TEST_CASE("shards are told by label before address, in a list or a map", "[router-config]") {
  constexpr std::string_view kNodes =
      "\nplacement: statsrelay\ndownstreams:\n- {address: \"x:1\", label: a, health: none}\n"
      "- {address: \"y:1\", label: \"x:1\", health: none}\n";
  const std::vector<uint16_t> wanted = {0, 1, 1};
  for (const std::string text :
       {"shard_map: [a, 'x:1', 'y:1']", "shard_map: {0: a, 1: 'x:1', 2: 'y:1'}",
        "shard_map:\n  0: a\n  1: x:1\n  2: y:1"}) {
    CHECK(GoodConfig(text + std::string(kNodes)).shard_map == wanted);
  }
}

// Variants of one file, made up after the reader was written.
TEST_CASE("any sane way to write our YAML reads the same", "[router-config]") {
  const std::string block =
      "mtu: 1400\n"
      "flush_interval: 50ms\n"
      "placement: etsy\n"
      "listen:\n"
      "  udp: \":8125\"\n"
      "  tcp: \"\"\n"
      "downstreams:\n"
      "  - address: \"10.0.0.1:9125\"\n"
      "    health: \"10.0.0.1:9126\"\n"
      "    label: a\n"
      "  - address: \"10.0.0.2:9125\"\n"
      "    health: \"10.0.0.2:9126\"\n";
  const RouterConfig wanted = GoodConfig(block);
  REQUIRE(wanted.downstreams.size() == 2);
  const std::string flow =
      "{mtu: 1400, flush_interval: 50ms, placement: etsy, listen: {udp: \":8125\", tcp: \"\"}, "
      "downstreams: [{address: \"10.0.0.1:9125\", health: \"10.0.0.1:9126\", label: a}, "
      "{address: \"10.0.0.2:9125\", health: \"10.0.0.2:9126\"}]}";
  const std::string downstreams = block.substr(block.find("downstreams:"));
  const std::string rest = block.substr(0, block.find("downstreams:"));
  const std::vector<std::string> variants = {
      "\xEF\xBB\xBF" + block,
      Replaced(block, "\n", "\r\n"),
      block.substr(0, block.size() - 1),
      "---\n" + block,
      block + "...\n",
      "# a comment = with an equals sign\n" + block,
      Replaced(block, "\n", "\n\n"),
      Replaced(block, "\n", "   # note\n"),
      Replaced(block, "\"", "'"),
      Replaced(Replaced(Replaced(block, "\"10.", "10."), "9125\"", "9125"), "9126\"", "9126"),
      downstreams + rest,
      Replaced(block, "mtu: 1400", "mtu: '1400'"),
      Replaced(block, "mtu: 1400", "mtu:     1400"),
      Replaced(block, "etsy", "\"etsy\""),
      Replaced(block, "50ms", "0.05s"),
      Replaced(block, "  udp: \":8125\"\n", "  udp:\n    - \":8125\"\n"),
      Replaced(Replaced(block, "\n  udp", "\n      udp"), "\n  tcp", "\n      tcp"),
      flow,
      Replaced(flow, ", ", ",\n  "),
      "# comment\n\n" + flow + "\n",
      Replaced(block, "placement: etsy\n", "placement: etsy\nkey:\nweb: ~\nconsole: null\n"),
      Replaced(block, "listen:\n  udp: \":8125\"\n  tcp: \"\"\n",
               "listen: {tcp: \"\", udp: \":8125\"}\n"),
      Replaced(block, "    label: a\n", "    label: a\n    weight: 1\n    transport: udp\n"),
      Replaced(Replaced(block, "  - address", "- address"), "    ", "  "),
  };
  for (const std::string& variant : variants) {
    CAPTURE(variant);
    const ReadOutcome outcome = ReadConfig(variant);
    CHECK(outcome.errors == Lines{});
    REQUIRE(outcome.config.has_value());
    CHECK(*outcome.config == wanted);
  }
}

TEST_CASE("placements are called alike everywhere", "[router-config]") {
  for (size_t i = 0; i < std::size(Words<Placement>::kAll); ++i) {
    const auto placement = static_cast<Placement>(i);
    CHECK(WordOf(placement) == PlacementName(placement));
    CHECK(ParseWord<Placement>(PlacementName(placement)) == placement);
  }
  CHECK_FALSE(ParseWord<Placement>("etsy07").has_value());
}

TEST_CASE("more downstreams than placement knows are refused", "[router-config]") {
  std::string text = "downstreams:\n";
  for (int i = 0; i < 4097; ++i) text += "- n:" + std::to_string(i + 1) + "\n";
  CHECK(OnlyError(text).starts_with("f: 4097 downstreams are more than the 4096"));
}

TEST_CASE("a file that cannot be read is an error of its path", "[router-config]") {
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig("/nonexistent/router.yml", {}, &warnings);
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().message ==
        "/nonexistent/router.yml: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace weir
