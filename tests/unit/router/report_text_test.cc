#include "router/report_text.h"

#include <map>
#include <sstream>
#include <string>

#include "common/clock.h"
#include "router/shown.h"
#include "tests/support/catch.h"
#include "tests/unit/router/report_fixture.h"

namespace weir {
namespace {

// Key to value; every line but the last two has both, and no key comes twice.
std::map<std::string, std::string> Pairs(const std::string& text) {
  constexpr std::string_view kEnd = "END\n\n";
  REQUIRE(text.ends_with("\n" + std::string(kEnd)));
  std::istringstream in(text.substr(0, text.size() - kEnd.size()));
  std::map<std::string, std::string> pairs;
  for (std::string line; std::getline(in, line);) {
    CAPTURE(line);
    const size_t colon = line.rfind(": ");
    REQUIRE(colon != std::string::npos);
    CHECK(pairs.emplace(line.substr(0, colon), line.substr(colon + 2)).second);
  }
  return pairs;
}

// A different number at each place.
Amount Next(uint64_t* next) {
  const Amount amount{*next, *next + 1, *next + 2};
  *next += 3;
  return amount;
}

DownstreamCounters AllDifferent(uint64_t* next) {
  DownstreamCounters counters;
  counters.taken_lines = (*next)++;
  counters.sent = Next(next);
  counters.returned = Next(next);
  for (Amount& dropped : counters.dropped) dropped = Next(next);
  counters.connects = (*next)++;
  counters.connect_failures = (*next)++;
  return counters;
}

}  // namespace

TEST_CASE("go's stats are two lines", "[report_text]") {
  RouterReport report;
  CHECK(GoStatsText(report) == "time running in seconds: 0\npackets_received: 0.000000\n");
  report.uptime_seconds = 42;
  report.stats.lines = 18'446'744'073'709'551'615U;
  CHECK(GoStatsText(report) ==
        "time running in seconds: 42\npackets_received: 18446744073709551615.000000\n");
}

TEST_CASE("stats begin with go's lines and have a key and a value in each", "[report_text]") {
  RouterReport report = ThreeDownstreams();
  CHECK(StatsText(report).starts_with(GoStatsText(report)));
  auto stats = Pairs(StatsText(report));
  CHECK(stats["health"] == "up");
  CHECK(stats["panic"] == "0");
  CHECK(stats["fingerprint"] == "0123456789abcdef");
  CHECK(stats["workers"] == "2");
  CHECK(stats["lines"] == "7");
  CHECK(stats["own_lines"] == "3");
  CHECK(stats["empty"] == "1");
  CHECK(stats["malformed.malformed_line"] == "2");
  CHECK(stats["malformed.illegal_event"] == "0");
  CHECK(stats["downstream.b.up"] == "0");
  CHECK(stats["downstream.b.in_ring"] == "0");
  CHECK(stats[R"(downstream."my \"node\"\x0a".drained)"] == "1");

  report.up = false;
  report.panic = true;
  stats = Pairs(StatsText(report));
  CHECK(stats["health"] == "down");
  CHECK(stats["panic"] == "1");
}

TEST_CASE("stats have every counter of every downstream", "[report_text]") {
  RouterReport report = ThreeDownstreams();
  uint64_t next = 1000;
  DownstreamReport& a = report.downstreams[0];
  a.weight = next++;
  a.health.changes = next++;
  a.health.probes = next++;
  a.health.probe_failures = next++;
  a.health.refusals = next++;
  a.lane.counters = AllDifferent(&next);
  a.lane.waiting = Next(&next);
  a.lane.held = Next(&next);
  report.retired = AllDifferent(&next);
  report.retired_waiting = Next(&next);
  const auto stats = Pairs(StatsText(report));
  // Each number stands at exactly one place, whatever it is called.
  std::map<std::string, int> times;
  for (const auto& [key, value] : stats) ++times[value];
  for (uint64_t number = 1000; number < next; ++number) {
    CAPTURE(number);
    CHECK(times[std::to_string(number)] == 1);
  }
  const DownstreamCounters& counters = a.lane.counters;
  CHECK(stats.at("downstream.a.sent_lines") == std::to_string(counters.sent.lines));
  CHECK(stats.at("downstream.a.dropped_bytes.queue_full") ==
        std::to_string(counters.dropped_for(DropReason::kQueueFull).bytes));
  CHECK(stats.at("retired.taken_lines") == std::to_string(report.retired.taken_lines));
}

TEST_CASE("stats have every counter of every listener", "[report_text]") {
  RouterReport report;
  for (const Transport transport : {Transport::kUdp, Transport::kUnixStream}) {
    report.listeners[transport] = {.transport = transport,
                                   .address = "somewhere",
                                   .open = true,
                                   .counters = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                                   .kernel_drops = 13};
  }
  const auto stats = Pairs(StatsText(report));
  for (const std::string prefix : {"listener.udp.", "listener.unix."}) {
    CHECK(stats.at(prefix + "datagrams") == "1");
    CHECK(stats.at(prefix + "bytes") == "2");
    CHECK(stats.at(prefix + "truncated") == "3");
    CHECK(stats.at(prefix + "receive_errors") == "4");
    CHECK(stats.at(prefix + "connections") == "5");
    CHECK(stats.at(prefix + "connection_errors") == "6");
    CHECK(stats.at(prefix + "accept_errors") == "7");
    CHECK(stats.at(prefix + "too_long_lines") == "8");
    CHECK(stats.at(prefix + "unfinished_lines") == "9");
    CHECK(stats.at(prefix + "bad_frames") == "10");
    CHECK(stats.at(prefix + "open_connections") == "11");
    CHECK(stats.at(prefix + "pending_bytes") == "12");
    CHECK(stats.at(prefix + "kernel_drops") == "13");
  }
}

TEST_CASE("the status has a line for each downstream", "[report_text]") {
  RouterReport report = ThreeDownstreams();
  report.now_nanos = 1'000 * kNanosPerSecond;
  report.downstreams[0].lane.waiting.lines = 5;
  report.downstreams[1].health.changes = 1;
  report.downstreams[1].health.changed_nanos = 987 * kNanosPerSecond + 1;
  report.downstreams[1].lane.counters.Drop(DropReason::kRefused, {4, 40, 1});
  report.downstreams[1].lane.counters.Drop(DropReason::kDown, {2, 20, 1});
  report.downstreams[2].health.kind = HealthKind::kNone;
  report.downstreams[2].weight = 7;
  report.downstreams[2].lane.transport = Transport::kUnixgram;
  report.downstreams[2].lane.address = "/run/my socket";
  CHECK(StatusText(report) ==
        "uptime: 42\n"
        "health: up\n"
        "placement: slots\n"
        "key: name\n"
        "fingerprint: 0123456789abcdef\n"
        "panic: no\n"
        "workers: 2\n"
        "in_ring: 1 of 3\n"
        "downstream a: up alive=yes in_ring=yes address=10.0.0.1:9125 transport=udp weight=1 "
        "probe=statsd last_probe=up waiting_lines=5 dropped_lines=0\n"
        "downstream b: down alive=no in_ring=no address=10.0.0.2:9125 transport=udp weight=1 "
        "probe=statsd last_probe=refused seconds_since_change=12 waiting_lines=0 dropped_lines=6\n"
        "downstream \"my \\\"node\\\"\\x0a\": drained alive=yes in_ring=no "
        "address=\"/run/my socket\" transport=unixgram weight=7 probe=none "
        "waiting_lines=0 dropped_lines=0\n"
        "END\n\n");
}

TEST_CASE("what would break a line is shown escaped", "[report_text]") {
  CHECK(Shown("10.0.0.1:9125") == "10.0.0.1:9125");
  CHECK(Shown("[::1]:9125") == "[::1]:9125");
  CHECK(Shown("knoten-ä\xFF%s") == "knoten-ä\xFF%s");
  CHECK(Shown("a b") == R"("a b")");
  CHECK(Shown("a\r\nb\t\x7F") == R"("a\x0d\x0ab\x09\x7f")");
  CHECK(Shown(std::string_view("a\0b", 3)) == R"("a\x00b")");
  CHECK(Shown(R"(say "hi" \o)") == R"("say \"hi\" \\o")");
  CHECK(Shown("").empty());
}

}  // namespace weir
