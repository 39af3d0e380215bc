#include "router/commands.h"

#include <atomic>
#include <map>
#include <string>

#include "common/topology/probe.h"
#include "router/etsy_text.h"
#include "router/report_text.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/router_config.h"
#include "tests/support/running_console.h"
#include "tests/unit/router/report_fixture.h"

namespace weir {
namespace {

const std::string kUp = "health: up\n";
const std::string kDown = "health: down\n";
const std::string kUnknownToGo = "unknown command\n";

// A console of that style in front of what is left of a router: a report that `drain` changes. The
// report belongs to the console's thread while it runs.
class TestRouter {
 public:
  explicit TestRouter(ConsoleStyle style, RouterReport report = ThreeDownstreams())
      : report_(std::move(report)), running_({}, health_, [&](Console& console) {
          const CommandHooks hooks = {
              .report = [this] { return report_; },
              .drain = [this](std::string_view label,
                              bool drained) { return Drain(label, drained); },
          };
          RegisterCommands(style, hooks, health_, &console);
        }) {}

  operator const RunningConsole&() const { return running_; }
  const RunningConsole& console() const { return running_; }
  ServiceHealth& health() { return health_; }
  void SetWell(bool well) { well_ = well; }

  // All that is answered to these lines, on a connection of their own.
  std::string Ask(std::string_view lines) const { return ConsoleClient(running_).AskLast(lines); }

 private:
  // As common/topology/standing.h has it: the ring is never empty.
  bool Drain(std::string_view label, bool drained) {
    size_t others = 0;
    DownstreamReport* node = nullptr;
    for (DownstreamReport& downstream : report_.downstreams) {
      if (downstream.health.label == label) {
        node = &downstream;
      } else {
        others += downstream.health.in_ring;
      }
    }
    if (node == nullptr) return false;
    node->health.drained = drained;
    if (!drained || others > 0) node->health.in_ring = !drained && node->health.alive;
    return true;
  }

  std::atomic<bool> well_{true};
  ServiceHealth health_{[this] { return well_.load(); }};
  RouterReport report_;
  const RunningConsole running_;
};

// The configuration came from a reader, as ToYaml wants it.
RouterReport ReportOf(const std::string& example) {
  RouterReport report = ThreeDownstreams();
  Lines warnings;
  report.config = LoadRouterConfig(RouterExample(example), {}, &warnings).value();
  return report;
}

}  // namespace

TEST_CASE("own: every command is answered", "[commands]") {
  const RouterReport report = ReportOf("router.yml");
  const TestRouter router(ConsoleStyle::kOwn, report);
  CHECK(router.Ask("health\n") == kUp);
  CHECK(router.Ask("ping\n") == "pong\n");
  CHECK(router.Ask("stats\n") == StatsText(report));
  CHECK(router.Ask("status\n") == StatusText(report));
  CHECK(router.Ask("help\n") ==
        "Commands: config, drain, health, help, memstats, ping, quit, stats, status, undrain\n\n");
  CHECK(router.Ask("quit\nping\n") == "");
  CHECK(LinesOf(router.Ask("memstats\n")).size() == 12);
  for (const char* unknown : {"counters\n", "\n", "delcounters a\n", "stat\n", "unknown"}) {
    CAPTURE(unknown);
    CHECK(router.Ask(unknown) == "ERROR\n");
  }
}

TEST_CASE("own: config is a file that the router reads", "[commands]") {
  const RouterReport report = ReportOf("router.yml");
  const TestRouter router(ConsoleStyle::kOwn, report);
  const std::string yaml = router.Ask("config\n");
  CHECK(yaml == ToYaml(report.config));
  CHECK(GoodConfig(yaml) == report.config);
}

TEST_CASE("own: a node is drained and let in again by its label", "[commands]") {
  const TestRouter router(ConsoleStyle::kOwn);
  const std::string line_of_b = "\ndownstream b: down alive=no in_ring=no";
  CHECK(router.Ask("undrain my \"node\"\n") ==
        "ERROR: no downstream is called \"my \\\"node\\\"\"; there are: a, b, "
        "\"my \\\"node\\\"\\x0a\"\n");
  CHECK(router.Ask("undrain \"my \\\"node\\\"\\x0a\"\n") ==
        "undrained: \"my \\\"node\\\"\\x0a\"\n");
  CHECK(router.Ask("status").find("\\x0a\": up alive=yes in_ring=yes") != std::string::npos);
  CHECK(router.Ask("drain a\r\n") == "drained: a\n");
  CHECK(router.Ask("drain a\n") == "drained: a\n");
  CHECK(router.Ask("status").find("\ndownstream a: drained alive=yes in_ring=no") !=
        std::string::npos);
  CHECK(router.Ask("status").find(line_of_b) != std::string::npos);
  CHECK(router.Ask("undrain b\n") == "undrained: b\n");
  CHECK(router.Ask("DRAIN  \t \"my \\\"node\\\"\\x0a\" \n") ==
        "drained: \"my \\\"node\\\"\\x0a\" (stays in the ring, which would be empty without it)\n");
}

TEST_CASE("own: a node that is not there is named and the others are listed", "[commands]") {
  const TestRouter router(ConsoleStyle::kOwn);
  const std::string all = "a, b, \"my \\\"node\\\"\\x0a\"\n";
  for (const std::string command : {"drain", "undrain"}) {
    CHECK(router.Ask(command + "\n") == "ERROR: say which downstream: " + all);
    const auto refusal = [&](const std::string& name) {
      return "ERROR: no downstream is called " + name + "; there are: " + all;
    };
    CHECK(router.Ask(command + " c\n") == refusal("c"));
    // Labels are as they are, in case too.
    CHECK(router.Ask(command + " A\n") == refusal("A"));
    CHECK(router.Ask(command + " a b\n") == refusal("\"a b\""));
    CHECK(router.Ask(command + " %s%n\x1B[2J\xFF\n") == refusal("\"%s%n\\x1b[2J\xFF\""));
  }
}

TEST_CASE("own: a label as it is goes before one as it is shown", "[commands]") {
  RouterReport report = ThreeDownstreams();
  report.downstreams[0].health.label = "x y";
  report.downstreams[1].health.label = "\"x y\"";
  const TestRouter router(ConsoleStyle::kOwn, report);
  CHECK(router.Ask("undrain x y\n") == "undrained: \"x y\"\n");
  CHECK(router.Ask("undrain \"x y\"\n") == "undrained: \"\\\"x y\\\"\"\n");
}

TEST_CASE("own: a node that has gone meanwhile is not there", "[commands]") {
  ServiceHealth health([] { return true; });
  const RunningConsole running({}, health, [&](Console& console) {
    RegisterCommands(ConsoleStyle::kOwn,
                     {.report = ThreeDownstreams, .drain = [](auto, bool) { return false; }},
                     health, &console);
  });
  CHECK(ConsoleClient(running).AskLast("drain a\n").starts_with("ERROR: no downstream is called"));
}

TEST_CASE("etsy: help, status and health are those of proxy.js", "[commands]") {
  const TestRouter router(ConsoleStyle::kEtsy);
  CHECK(router.Ask("help\r\n") == "Commands: config, health, status, quit\n\n");
  CHECK(router.Ask("status\r\n") == "uptime: 42\nnodes: 10.0.0.1:9125 \n");
  CHECK(router.Ask("health\r\n") == kUp);
  CHECK(router.Ask("health down\n") == kDown);
  CHECK(router.Ask("health foo\n") == kDown);
  CHECK(router.Ask("health") == kDown);
  CHECK(router.Ask("health UP\n") == kUp);
  CHECK(router.Ask("nothing\r\n") == "ERROR\n");
  CHECK(router.Ask("\r\n") == "ERROR\n");
  CHECK(router.Ask("quit\r\nhealth\r\n") == "");
}

TEST_CASE("etsy: config is in the form of proxy.js", "[commands]") {
  const RouterReport report = ReportOf("etsy-proxy.js");
  const TestRouter router(ConsoleStyle::kEtsy, report);
  CHECK(router.Ask("config\n") == EtsyConfigText(report.config));
}

TEST_CASE("etsy: our own commands are there too", "[commands]") {
  const TestRouter router(ConsoleStyle::kEtsy);
  CHECK(router.Ask("ping\n") == "pong\n");
  CHECK(router.Ask("drain b\n") == "drained: b\n");
  CHECK(router.Ask("stats\n").ends_with("END\n\n"));
  CHECK(LinesOf(router.Ask("memstats\n")).size() == 12);
}

TEST_CASE("go: ping, stats and memstats are those of go-statsd-proxy", "[commands]") {
  const TestRouter router(ConsoleStyle::kGo);
  for (const char* ping : {"ping", "ping\n", "ping\r\n", "ping "}) {
    CAPTURE(ping);
    ConsoleClient client(router);
    CHECK(client.Ask(ping, "pong\n") == "pong\n");
  }
  CHECK(router.Ask("stats\n") == "time running in seconds: 42\npackets_received: 7.000000\n");
  CHECK(LinesOf(router.Ask("memstats\n")).size() == 12);
  for (const char* unknown : {"lerlo", "lerlo\n", "\n", "counters\n", "stats.\n"}) {
    CAPTURE(unknown);
    CHECK(router.Ask(unknown) == kUnknownToGo);
  }
}

TEST_CASE("go: what go-statsd-proxy does not know and we do is answered", "[commands]") {
  const TestRouter router(ConsoleStyle::kGo);
  CHECK(router.Ask("health\n") == kUp);
  CHECK(router.Ask("health down\n") == kDown);
  CHECK(router.Ask("status\n").starts_with("uptime: 42\nhealth: "));
  CHECK(router.Ask("drain b\n") == "drained: b\n");
}

TEST_CASE("hulu: health tells and takes any word", "[commands]") {
  TestRouter router(ConsoleStyle::kHulu);
  for (const char* request : {"health", "health\n", "health\r\n", "health \n"}) {
    CAPTURE(request);
    ConsoleClient client(router);
    for (int i = 0; i < 3; ++i) CHECK(client.Ask(request, kUp) == kUp);
  }
  for (const std::string word : {"down", "drowsy", "UP", "upward", "up and away", "%s%n", "\xFF"}) {
    CAPTURE(word);
    CHECK(router.Ask("health " + word + "\n") == "health: " + word + "\n");
    CHECK(router.Ask("health\r\n") == "health: " + word + "\n");
    CHECK_FALSE(router.health().up());
  }
  CHECK(router.Ask("health up\n") == kUp);
  CHECK(router.health().up());
}

TEST_CASE("hulu: a router that is not well is down, and a word does not outlive its time",
          "[commands]") {
  TestRouter router(ConsoleStyle::kHulu);
  router.SetWell(false);
  CHECK(router.Ask("health") == kDown);
  CHECK(router.Ask("health up\n") == kDown);
  CHECK(router.Ask("health drowsy\n") == "health: drowsy\n");
  router.SetWell(true);
  CHECK(router.Ask("health") == "health: drowsy\n");
  router.health().Set(true);
  CHECK(router.Ask("health") == kUp);
  router.health().Set(false);
  CHECK(router.Ask("health") == kDown);
}

TEST_CASE("hulu: anything else closes without a reply", "[commands]") {
  const TestRouter router(ConsoleStyle::kHulu);
  for (const std::string other :
       {"help", "help\n", "ping\n", "quit\n", "stats\n", "status\n", "config\n", "drain a\n", "\n",
        "\r\n", "healthy", "healthy\n", "foo", "hea\n", "\xFF\x01"}) {
    CAPTURE(other);
    ConsoleClient client(router);
    client.Send(other);
    CHECK(client.Closes());
    ConsoleClient after(router);
    CHECK(after.Ask("health\n" + other, kUp) == kUp);
    CHECK(after.Closes());
  }
}

TEST_CASE("several commands in a segment are answered in turn, in every style", "[commands]") {
  const std::map<ConsoleStyle, std::string> replies = {
      {ConsoleStyle::kOwn, "pong\n" + kUp + "ERROR\ndrained: b\n" + kDown + "pong\n"},
      {ConsoleStyle::kEtsy, "pong\n" + kUp + "ERROR\ndrained: b\n" + kDown + "pong\n"},
      {ConsoleStyle::kGo, "pong\n" + kUp + kUnknownToGo + "drained: b\n" + kDown + "pong\n"},
  };
  for (const auto& [style, reply] : replies) {
    CAPTURE(WordOf(style));
    const TestRouter router(style);
    CHECK(router.Ask("ping\nhealth\r\nfoo\ndrain b\nhealth down\nping") == reply);
  }
  const TestRouter hulu(ConsoleStyle::kHulu);
  CHECK(hulu.Ask("health\nhealth zzz\r\nhealth\nfoo\nhealth up\n") ==
        kUp + "health: zzz\nhealth: zzz\n");
  CHECK(hulu.Ask("health") == "health: zzz\n");
}

TEST_CASE("a line of 4 KiB is taken and a longer one closes, in every style", "[commands]") {
  const std::map<ConsoleStyle, std::string> replies = {{ConsoleStyle::kOwn, "ERROR\n"},
                                                       {ConsoleStyle::kEtsy, "ERROR\n"},
                                                       {ConsoleStyle::kGo, kUnknownToGo},
                                                       {ConsoleStyle::kHulu, ""}};
  for (const auto& [style, reply] : replies) {
    CAPTURE(WordOf(style));
    const TestRouter router(style);
    const std::string fits = "health " + std::string(4089, 'x');
    const std::string told =
        style == ConsoleStyle::kHulu ? "health: " + fits.substr(7) + "\n" : kUp;
    CHECK(router.Ask(fits + "\n") == told);
    CHECK(router.Ask(fits + "x\nhealth\n") == reply);
  }
}

TEST_CASE("the probe of another router of ours takes every style for what it says", "[commands]") {
  for (const ConsoleStyle style :
       {ConsoleStyle::kOwn, ConsoleStyle::kEtsy, ConsoleStyle::kGo, ConsoleStyle::kHulu}) {
    CAPTURE(WordOf(style));
    TestRouter router(style);
    const auto parsed = ParseListenAddress(router.console().address()).value();
    const ProbeSpec spec = {.kind = HealthKind::kStatsd,
                            .endpoint = Endpoint(Resolve(parsed.host, parsed.port).value().front()),
                            .host = {},
                            .path = {}};
    for (const bool up : {true, false}) {
      router.health().Set(up);
      SteadyClock clock;
      EventLoop loop(clock);
      std::optional<ProbeResult> result;
      Probe probe(loop, spec, std::chrono::seconds(20), [&](ProbeResult it) { result = it; });
      REQUIRE(RunUntil(loop, [&] { return result.has_value(); }));
      CHECK((*result == ProbeResult::kUp) == up);
    }
  }
}

}  // namespace weir
