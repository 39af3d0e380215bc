#include "common/topology/health.h"

#include <vector>

#include "common/log.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/scripted_peer.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kInterval(200);

// Three nodes that answer as told.
struct Fixture {
  explicit Fixture(HealthKind kind = HealthKind::kStatsd) {
    ConfigureLog({.level = LogLevel::kError});
    for (int i = 0; i < 3; ++i) peers.push_back(std::make_unique<ScriptedPeer>(loop));
    for (int i = 0; i < 3; ++i) {
      const Endpoint endpoint = kind == HealthKind::kNone ? Endpoint() : peers[i]->endpoint();
      targets.push_back({std::string(1, 'a' + i), {kind, endpoint, "", ""}});
    }
    health.SetTargets(targets, options);
  }
  ~Fixture() { ConfigureLog({}); }

  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  bool UntilRing(const LiveSet& ring) {
    return Until([&] { return health.standing().in_ring == ring; });
  }
  bool UntilProbed(uint64_t probes) {
    return Until([&] {
      for (const NodeHealth& node : health.nodes()) {
        if (node.probes < probes) return false;
      }
      return true;
    });
  }
  // Gives up the port, and the loop and tests may have it again later.
  uint16_t StopPeer(int i) {
    const uint16_t port = peers[i]->port();
    peers[i].reset();
    return port;
  }

  SteadyClock clock;
  EventLoop loop{clock};
  int changes = 0;
  Health health{loop, [this] { ++changes; }};
  std::vector<std::unique_ptr<ScriptedPeer>> peers;
  std::vector<HealthTarget> targets;
  HealthOptions options{.interval = kInterval, .timeout = milliseconds(150)};
};

const LiveSet kAll = {true, true, true};
const LiveSet kWithoutB = {true, false, true};

TEST_CASE("nodes are alive before and after their first result", "[health]") {
  Fixture f;
  CHECK(f.health.standing().in_ring == kAll);
  REQUIRE(f.UntilProbed(3));
  CHECK(f.health.nodes()[1].last_result == ProbeResult::kUp);
  CHECK(f.changes == 0);
}

TEST_CASE("a node that fails in any manner leaves the ring, and returns to it", "[health]") {
  const struct {
    Manner manner;
    const char* answer;
  } kFailures[] = {
      {Manner::kSilent, ""},
      {Manner::kClose, ""},
      {Manner::kReset, ""},
      {Manner::kAnswer, "updog\n"},
      {Manner::kAnswer, "health: down\n"},
      {Manner::kAnswer, "ERROR\n"},
  };
  for (const auto& failure : kFailures) {
    CAPTURE(failure.answer);
    Fixture f;
    REQUIRE(f.UntilProbed(1));
    f.peers[1]->Behave(failure.manner, failure.answer);
    REQUIRE(f.UntilRing(kWithoutB));
    const NodeHealth dead = f.health.nodes()[1];
    CHECK_FALSE(dead.alive);
    CHECK(dead.probe_failures >= 2);
    CHECK(dead.changes == 1);
    f.peers[1]->Behave(Manner::kAnswer);
    REQUIRE(f.UntilRing(kAll));
    // One may have been on its way when it died.
    CHECK(f.health.nodes()[1].probes > dead.probes);
  }
}

TEST_CASE("a node whose port is closed leaves, and another process on it returns", "[health]") {
  Fixture f;
  REQUIRE(f.UntilProbed(1));
  const uint16_t port = f.StopPeer(1);
  REQUIRE(f.UntilRing(kWithoutB));
  f.peers[1] = std::make_unique<ScriptedPeer>(f.loop, Manner::kAnswer, "health: up\n", port);
  REQUIRE(f.UntilRing(kAll));
  CHECK(f.changes == 2);
}

TEST_CASE("a node that is dead from the start leaves", "[health]") {
  Fixture f;
  f.StopPeer(1);
  REQUIRE(f.UntilRing(kWithoutB));
  CHECK(f.health.nodes()[1].probes == 2);
}

TEST_CASE("a node that changes its mind with each probe changes nothing", "[health]") {
  Fixture f;
  for (uint64_t probes = 1; probes < 12; ++probes) {
    REQUIRE(f.Until([&] { return f.health.nodes()[1].probes > probes; }));
    // The probe has just begun: its answer is decided now.
    f.peers[1]->Behave(Manner::kAnswer, probes % 2 == 0 ? "health: up\n" : "health: down\n");
  }
  CHECK(f.health.nodes()[1].probe_failures >= 4);
  CHECK(f.changes == 0);
}

TEST_CASE("no node is asked more often than once per interval", "[health]") {
  const int64_t begin = SteadyClock().NowNanos();
  Fixture f;
  REQUIRE(f.UntilProbed(10));
  const int64_t passed = f.clock.NowNanos() - begin;
  for (const NodeHealth& node : f.health.nodes()) {
    // A timer's grain is a millisecond.
    CHECK((node.probes - 1) * nanoseconds(kInterval - milliseconds(2)).count() <=
          static_cast<uint64_t>(passed));
  }
  for (const auto& peer : f.peers) CHECK(peer->connections() >= 9);
}

TEST_CASE("when all die the last ring stays, and who returns first is the ring", "[health]") {
  Fixture f;
  f.StopPeer(1);
  REQUIRE(f.UntilRing(kWithoutB));
  f.peers[0]->Behave(Manner::kReset);
  f.peers[2]->Behave(Manner::kReset);
  REQUIRE(f.Until([&] { return f.health.standing().panic; }));
  const LiveSet last = f.health.standing().in_ring;
  CHECK(std::count(last.begin(), last.end(), true) == 1);
  f.peers[0]->Behave(Manner::kAnswer);
  REQUIRE(f.Until([&] { return !f.health.standing().panic; }));
  CHECK(f.health.standing().in_ring == LiveSet{true, false, false});
}

TEST_CASE("a node is drained and let in by hand", "[health]") {
  Fixture f;
  CHECK(f.health.Drain("b"));
  CHECK(f.health.standing().in_ring == kWithoutB);
  CHECK(f.changes == 1);
  CHECK(f.health.Drain("b"));
  CHECK(f.changes == 1);
  CHECK_FALSE(f.health.Drain("x"));
  REQUIRE(f.UntilProbed(2));
  CHECK(f.health.nodes()[1].alive);
  CHECK(f.health.nodes()[1].drained);
  CHECK(f.health.Undrain("b"));
  CHECK(f.health.standing().in_ring == kAll);
}

TEST_CASE("refusals of the data socket kill a node that is never probed, and their end returns it",
          "[health]") {
  Fixture f(HealthKind::kNone);
  const auto refuse_until = [&](const LiveSet& ring) {
    return f.Until([&] {
      f.health.ReportRefusal("b");
      return f.health.standing().in_ring == ring;
    });
  };
  const int64_t begin = f.clock.NowNanos();
  REQUIRE(refuse_until(kWithoutB));
  CHECK(f.clock.NowNanos() - begin >= nanoseconds(kInterval).count());
  REQUIRE(f.UntilRing(kAll));
  CHECK(f.health.nodes()[1].probes == 0);
  CHECK(f.health.nodes()[1].changes == 2);
  CHECK(f.health.nodes()[0].changes == 0);
}

TEST_CASE("a node whose probe is well stays out while its data socket refuses", "[health]") {
  Fixture f;
  REQUIRE(f.Until([&] {
    f.health.ReportRefusal("b");
    return f.health.standing().in_ring == kWithoutB;
  }));
  const uint64_t probes = f.health.nodes()[1].probes;
  REQUIRE(f.Until([&] {
    f.health.ReportRefusal("b");
    return f.health.nodes()[1].probes > probes + 5;
  }));
  CHECK(f.health.nodes()[1].last_result == ProbeResult::kUp);
  CHECK(f.health.standing().in_ring == kWithoutB);
  REQUIRE(f.UntilRing(kAll));
}

TEST_CASE("a reload keeps what is known of nodes that stay the same", "[health]") {
  Fixture f;
  f.StopPeer(1);
  REQUIRE(f.UntilRing(kWithoutB));
  f.health.Drain("c");
  const int changes = f.changes;
  const uint64_t probes = f.health.nodes()[1].probes;
  // b is still dead, c drained; a is gone, d is new.
  ScriptedPeer d(f.loop);
  f.health.SetTargets(
      {{"d", {HealthKind::kStatsd, d.endpoint(), "", ""}}, f.targets[2], f.targets[1]}, f.options);
  CHECK(f.changes == changes);
  CHECK(f.health.standing().in_ring == LiveSet{true, false, false});
  CHECK(f.health.nodes()[2].probes >= probes);
  CHECK_FALSE(f.health.nodes()[2].alive);
  CHECK(f.health.nodes()[1].drained);
  // A label at another address is another node, but as drained.
  f.targets[1].probe.endpoint = f.peers[0]->endpoint();
  f.targets[2].probe.endpoint = f.peers[0]->endpoint();
  f.health.SetTargets(f.targets, f.options);
  CHECK(f.health.standing().in_ring == LiveSet{true, true, false});
  REQUIRE(f.Until([&] { return f.health.nodes()[1].last_result == ProbeResult::kUp; }));
}

TEST_CASE("a node whose name comes to stand for another address is asked there", "[health]") {
  Fixture f;
  f.StopPeer(1);
  REQUIRE(f.UntilRing(kWithoutB));
  f.health.SetEndpoint("b", f.peers[0]->endpoint());
  f.health.SetEndpoint("x", f.peers[0]->endpoint());
  REQUIRE(f.UntilRing(kAll));
}

TEST_CASE("this process is not probed but asked, by the same rules", "[health]") {
  Fixture f;
  bool well = true;
  f.StopPeer(1);
  f.targets[1].ask = [&] { return well; };
  f.health.SetTargets(f.targets, f.options);
  REQUIRE(f.UntilProbed(4));
  CHECK(f.health.standing().in_ring == kAll);
  well = false;
  const uint64_t probes = f.health.nodes()[1].probes;
  REQUIRE(f.UntilRing(kWithoutB));
  CHECK(f.health.nodes()[1].probes >= probes + f.options.fall);
  CHECK(f.health.nodes()[1].last_result == ProbeResult::kBadAnswer);
  well = true;
  REQUIRE(f.UntilRing(kAll));
}

TEST_CASE("hold and drop mark the dead and leave the ring alone", "[health]") {
  Fixture f;
  f.options.on_down = OnDown::kHold;
  f.health.SetTargets(f.targets, f.options);
  f.StopPeer(1);
  REQUIRE(f.Until([&] { return f.changes > 0; }));
  CHECK(f.health.standing().in_ring == kAll);
  CHECK(f.health.standing().down == LiveSet{false, true, false});
}

}  // namespace
}  // namespace weir
