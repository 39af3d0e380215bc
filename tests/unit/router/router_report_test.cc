#include "router/router_report.h"

#include "tests/support/catch.h"
#include "tests/unit/router/busy_report.h"

namespace weir {
namespace {

uint64_t MalformedOf(const WorkerStats& stats) {
  uint64_t malformed = 0;
  for (const uint64_t count : stats.malformed) malformed += count;
  return malformed;
}

// The law, of the sums.
void CheckConserves(const RouterReport& report) {
  uint64_t taken = report.retired.taken_lines;
  for (const DownstreamReport& downstream : report.downstreams) {
    const LaneReport& lane = downstream.lane;
    INFO(lane.label);
    CHECK(lane.counters.taken_lines == SettledLines(lane.counters) + lane.waiting.lines);
    taken += lane.counters.taken_lines;
  }
  CHECK(report.retired.taken_lines == SettledLines(report.retired) + report.retired_waiting.lines);
  CHECK(report.stats.lines + report.stats.own_lines ==
        report.stats.empty + MalformedOf(report.stats) + taken);
}

TEST_CASE("the workers are added up, downstream by downstream", "[router_report]") {
  RouterReport report = ReportOf({"a", "b"});
  const std::vector<WorkerReport> workers = {WorkerOf({"a", "b"}, 1), WorkerOf({"a", "b"}, 10)};
  AddUp(workers, NodesOf({"a", "b"}), &report);
  CHECK(report.workers == 2);
  REQUIRE(report.downstreams.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    const LaneReport& sum = report.downstreams[i].lane;
    const LaneReport& one = workers[0].lanes[i];
    const LaneReport& other = workers[1].lanes[i];
    CHECK(sum.label == one.label);
    CHECK(sum.counters.taken_lines == one.counters.taken_lines + other.counters.taken_lines);
    CHECK(sum.counters.sent.bytes == one.counters.sent.bytes + other.counters.sent.bytes);
    CHECK(sum.counters.dropped[3].packets ==
          one.counters.dropped[3].packets + other.counters.dropped[3].packets);
    CHECK(sum.counters.connects == one.counters.connects + other.counters.connects);
    CHECK(sum.waiting.bytes == one.waiting.bytes + other.waiting.bytes);
    CHECK(sum.held.lines == one.held.lines + other.held.lines);
  }
  CHECK(report.retired.sent.lines == workers[0].retired.sent.lines + workers[1].retired.sent.lines);
  CHECK(report.stats.malformed[8] == workers[0].stats.malformed[8] + workers[1].stats.malformed[8]);
  CHECK(report.listeners.at(Transport::kUdp).kernel_drops ==
        workers[0].listeners[0].kernel_drops + workers[1].listeners[0].kernel_drops);
  CheckConserves(report);
}

TEST_CASE("what a downstream is called, where it is and what it weighs is the configuration's",
          "[router_report]") {
  RouterReport report = ReportOf({"a", "b"});
  report.config.downstreams[1].transport = Transport::kTcp;
  report.config.downstreams[1].weight = 7;
  std::vector<NodeHealth> nodes = NodesOf({"a", "b"});
  nodes[1].alive = false;
  AddUp({WorkerOf({"a", "b"}, 1)}, nodes, &report);
  REQUIRE(report.downstreams.size() == 2);
  CHECK(report.downstreams[0].lane.address == "a:9125");
  CHECK(report.downstreams[0].weight == 1);
  CHECK(report.downstreams[1].lane.address == "b:9125");
  CHECK(report.downstreams[1].lane.transport == Transport::kTcp);
  CHECK(report.downstreams[1].weight == 7);
  CHECK(report.downstreams[0].health.alive);
  CHECK_FALSE(report.downstreams[1].health.alive);
}

TEST_CASE("in the middle of a reload, the lanes of downstreams that are gone count as retired",
          "[router_report]") {
  RouterReport report = ReportOf({"b", "c"});
  // The second worker has not been told yet.
  const std::vector<WorkerReport> workers = {WorkerOf({"b", "c"}, 1), WorkerOf({"a", "b"}, 10)};
  AddUp(workers, NodesOf({"b", "c"}), &report);
  REQUIRE(report.downstreams.size() == 2);
  const LaneReport& gone = workers[1].lanes[0];
  CHECK(report.retired.taken_lines == workers[0].retired.taken_lines +
                                          workers[1].retired.taken_lines +
                                          gone.counters.taken_lines);
  CHECK(report.retired_waiting.lines ==
        workers[0].retired_waiting.lines + workers[1].retired_waiting.lines + gone.waiting.lines);
  // That of one that stays counts for it, wherever it stands: its sum does not fall.
  CHECK(report.downstreams[0].lane.counters.sent.lines ==
        workers[0].lanes[0].counters.sent.lines + workers[1].lanes[1].counters.sent.lines);
  CHECK(report.downstreams[1].lane.counters.sent.lines == workers[0].lanes[1].counters.sent.lines);
  CheckConserves(report);
}

TEST_CASE("workers that did not answer are missing in the sums, and nothing else is",
          "[router_report]") {
  RouterReport one = ReportOf({"a", "b"});
  AddUp({WorkerOf({"a", "b"}, 5)}, NodesOf({"a", "b"}), &one);
  CHECK(one.workers == 1);
  CHECK(one.downstreams[1].lane.counters.sent.lines == 6000);
  CheckConserves(one);

  RouterReport none = ReportOf({"a", "b"});
  AddUp({}, NodesOf({"a", "b"}), &none);
  CHECK(none.workers == 0);
  REQUIRE(none.downstreams.size() == 2);
  CHECK(none.downstreams[1].lane.label == "b");
  CHECK(none.downstreams[1].lane.address == "b:9125");
  CHECK(none.downstreams[1].lane.counters.taken_lines == 0);
  CHECK(none.listeners.empty());
  CheckConserves(none);
}

TEST_CASE("a downstream is down when any worker drops or holds its lines", "[router_report]") {
  RouterReport report = ReportOf({"a"});
  WorkerReport told = WorkerOf({"a"}, 1);
  told.lanes[0].down = true;
  AddUp({WorkerOf({"a"}, 2), told, WorkerOf({"a"}, 3)}, NodesOf({"a"}), &report);
  CHECK(report.downstreams[0].lane.down);
}

TEST_CASE("a node that the configuration does not have is shown all the same", "[router_report]") {
  RouterReport report = ReportOf({"a"});
  AddUp({WorkerOf({"a", "b"}, 1)}, NodesOf({"a", "b"}), &report);
  REQUIRE(report.downstreams.size() == 2);
  CHECK(report.downstreams[1].lane.label == "b");
  CHECK(report.downstreams[1].lane.address.empty());
  CHECK(report.downstreams[1].lane.counters.sent.lines == 2000);
  CheckConserves(report);
}

TEST_CASE("thousands of downstreams are added up at once", "[router_report]") {
  std::vector<std::string> labels;
  for (int i = 0; i < 4096; ++i) labels.push_back("node-" + std::to_string(i) + ":9125");
  RouterReport report = ReportOf(labels);
  AddUp(std::vector<WorkerReport>(4, WorkerOf(labels, 1)), NodesOf(labels), &report);
  REQUIRE(report.downstreams.size() == 4096);
  CHECK(report.downstreams[4095].lane.counters.sent.lines == 4u * 4096 * 1000);
  CheckConserves(report);
}

}  // namespace
}  // namespace weir
