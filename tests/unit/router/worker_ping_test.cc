// What a worker tells about itself in pings, seen where it arrives.
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "router/ping.h"
#include "tests/unit/router/worker_fixture.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The worker's downstreams have addresses that make good names.
struct Fixture : WorkerFixture {
  explicit Fixture(OnDown on_down = OnDown::kRehash) : WorkerFixture(on_down) {
    for (DownstreamSpec& spec : routing.downstreams) spec.address = spec.label + ".test:1";
    worker.SetRouting(routing);
  }

  void SendPing() {
    Do([this] { worker.SendPing(ping); });
  }
  // Once all that was taken has been sent.
  void Settle() {
    REQUIRE(Eventually([this] {
      for (const LaneReport& lane : Report().lanes) {
        if (lane.waiting.lines > 0) return false;
      }
      return true;
    }));
  }
  // The lines that each downstream has got so far.
  std::multiset<std::string> LinesAt(size_t target) {
    std::istringstream text(targets[target].Text());
    for (std::string line; std::getline(text, line);) got[target].insert(line);
    return got[target];
  }
  size_t CountAt(size_t target, const std::string& line) { return LinesAt(target).count(line); }
  size_t CountAnywhere(const std::string& line) {
    size_t count = 0;
    for (size_t i = 0; i < 3; ++i) count += CountAt(i, line);
    return count;
  }
  // Where it is owned.
  size_t CountAtOwner(const std::string& line) {
    const size_t owner = OwnerOf(line.substr(0, line.find(':')));
    CHECK(CountAnywhere(line) == CountAt(owner, line));
    return CountAt(owner, line);
  }
  Amount SentTo(size_t downstream) { return Report().lanes[downstream].counters.sent; }

  const Ping ping{"weir", "host", 8125};
  std::multiset<std::string> got[3];
};

std::string Counter(const std::string& name, uint64_t value) {
  return name + ":" + std::to_string(value) + "|c";
}

TEST_CASE("a ping reaches every downstream, and its other lines the owners of their names",
          "[worker][ping]") {
  Fixture f;
  f.worker.Start();
  f.SendPing();
  f.Settle();
  for (size_t i = 0; i < 3; ++i) {
    const std::string name = std::string(1, static_cast<char>('a' + i)) + "_test-1";
    CHECK(f.CountAt(i, "weir.host-8125-" + name + ".connections:1|c") == 1);
    CHECK(f.CountAt(i, "weir." + name + ".connections:1|c") == 1);
    CHECK(f.CountAnywhere("weir." + name + ".connections:1|c") == 1);
    CHECK(f.CountAtOwner("weir." + name + ".traffic:0|c") == 1);
    const size_t owner = f.OwnerOf("weir." + name + ".traffic");
    CHECK(f.CountAt(owner, "weir." + name + ".packets:0|c") == 1);
  }
  CHECK(f.CountAtOwner("weir.host-8125.healthy_downstreams:3|g") == 1);
  const WorkerReport report = f.Report();
  CHECK(report.stats.own_lines == 13);
  CHECK(report.stats.lines == 0);
  uint64_t sent = 0;
  for (const LaneReport& lane : report.lanes) sent += lane.counters.sent.lines;
  CHECK(sent == 13);
  CHECK(f.LinesAt(0).size() + f.LinesAt(1).size() + f.LinesAt(2).size() == 13);
  f.CheckLaw();
}

TEST_CASE("a ping tells what was sent since the one before it, itself included", "[worker][ping]") {
  Fixture f;
  f.worker.Start();
  const std::string line = f.NameOf(1) + ":1|c";
  for (int i = 0; i < 12; ++i) Send(f.client, line);
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 12; }));
  f.Settle();
  const Amount first = f.SentTo(1);
  CHECK(first.bytes == 12 * (line.size() + 1));
  f.SendPing();
  f.Settle();
  CHECK(f.CountAtOwner(Counter("weir.b_test-1.traffic", first.bytes)) == 1);
  CHECK(f.CountAnywhere(Counter("weir.b_test-1.packets", first.packets)) == 1);
  CHECK(f.CountAnywhere("weir.a_test-1.traffic:0|c") == 1);
  const Amount second = f.SentTo(1);
  REQUIRE(second.bytes > first.bytes);
  f.SendPing();
  f.Settle();
  CHECK(f.CountAtOwner(Counter("weir.b_test-1.traffic", second.bytes - first.bytes)) == 1);
  f.CheckLaw();
}

TEST_CASE("a downstream that is dead gets no ping and is not counted, but told of",
          "[worker][ping]") {
  Fixture f;
  f.worker.Start();
  f.Do([&] {
    f.worker.SetRing(std::make_shared<Ring>(f.routing.ring->WithLive({true, false, true})), {});
  });
  f.SendPing();
  f.Settle();
  CHECK(f.LinesAt(1).empty());
  CHECK(f.CountAnywhere("weir.host-8125.healthy_downstreams:2|g") == 1);
  CHECK(f.CountAnywhere("weir.b_test-1.traffic:0|c") == 1);
  CHECK(f.Report().stats.own_lines == 11);
  f.CheckLaw();
}

TEST_CASE("a downstream that is down but in the ring gets no ping and is not counted",
          "[worker][ping]") {
  Fixture f(OnDown::kDrop);
  f.worker.Start();
  f.Do([&] { f.worker.SetRing(f.routing.ring, {false, true, false}); });
  f.SendPing();
  f.Settle();
  const WorkerReport report = f.Report();
  CHECK(report.stats.own_lines == 11);
  CHECK(f.LinesAt(1).empty());
  size_t arrived = 0;
  for (size_t i = 0; i < 3; ++i) arrived += f.LinesAt(i).size();
  CHECK(arrived + report.lanes[1].counters.dropped_for(DropReason::kDown).lines == 11);
  f.CheckLaw();
}

TEST_CASE("what pings count survives a reload by label, and begins at zero for what is new",
          "[worker][ping]") {
  Fixture f;
  f.worker.Start();
  for (size_t i = 0; i < 3; ++i) Send(f.client, f.NameOf(i) + ":1|c");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 3; }));
  f.Settle();
  const uint64_t bytes = f.NameOf(0).size() + 5;
  REQUIRE(f.SentTo(0).bytes == bytes);
  // a stays; b comes to stand for another address; c goes, and d, which is new, takes its place.
  Routing next = f.routing;
  next.downstreams[1].address = "moved.test:1";
  next.downstreams[2].label = "d";
  next.downstreams[2].address = "d.test:1";
  RingConfig ring;
  ring.nodes = {{"a", "a"}, {"b", "b"}, {"d", "d"}};
  f.routing.ring = next.ring = std::make_shared<Ring>(ring, LiveSet{true, true, true});
  f.Do([&] { f.worker.SetRouting(next); });
  f.SendPing();
  f.Settle();
  CHECK(f.CountAtOwner(Counter("weir.a_test-1.traffic", bytes)) == 1);
  CHECK(f.CountAtOwner(Counter("weir.moved_test-1.traffic", f.NameOf(1).size() + 5)) == 1);
  CHECK(f.CountAnywhere("weir.d_test-1.traffic:0|c") == 1);
  CHECK(f.CountAnywhere("weir.c_test-1.traffic:0|c") == 0);
  // And what b's first way told is not told again.
  const uint64_t since = f.SentTo(1).bytes - (f.NameOf(1).size() + 5);
  f.SendPing();
  f.Settle();
  CHECK(f.CountAtOwner(Counter("weir.moved_test-1.traffic", since)) == 1);
  f.CheckLaw();
}

}  // namespace
}  // namespace weir
