#include "common/topology/node_state.h"

#include "common/clock.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

// A node that is probed every second and dies or returns after two results.
struct Fixture {
  void Pass(int64_t millis) { clock.Advance(millis * 1'000'000); }
  void NextInterval() {
    Pass(1000);
    state.BeginInterval();
  }
  bool Success() { return state.OnSuccess(clock.NowNanos()); }
  bool Failure() { return state.OnFailure(clock.NowNanos()); }
  bool Refused() { return state.OnRefused(clock.NowNanos()); }
  void Kill() {
    for (int i = 0; i < 2; ++i) {
      NextInterval();
      Failure();
    }
    REQUIRE_FALSE(state.alive());
  }

  FakeClock clock;
  NodeState state{{.fall = 2, .rise = 2, .interval = std::chrono::seconds(1)}};
};

TEST_CASE("a node is alive until it failed so often in a row", "[node_state]") {
  Fixture f;
  CHECK(f.state.alive());
  CHECK_FALSE(f.Failure());
  f.NextInterval();
  CHECK_FALSE(f.Success());
  f.NextInterval();
  CHECK_FALSE(f.Failure());
  CHECK(f.state.alive());
  f.NextInterval();
  CHECK(f.Failure());
  CHECK_FALSE(f.state.alive());
}

TEST_CASE("a dead node returns when it succeeded so often in a row", "[node_state]") {
  Fixture f;
  f.Kill();
  f.NextInterval();
  CHECK_FALSE(f.Success());
  f.NextInterval();
  CHECK_FALSE(f.Failure());
  f.NextInterval();
  CHECK_FALSE(f.Success());
  f.NextInterval();
  CHECK(f.Success());
  CHECK(f.state.alive());
}

TEST_CASE("any number of refusals is one failure per interval", "[node_state]") {
  Fixture f;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(f.Refused());
  f.Pass(999);
  f.state.BeginInterval();
  CHECK_FALSE(f.Refused());
  CHECK(f.state.alive());
  f.Pass(1);
  CHECK(f.Refused());
  CHECK_FALSE(f.state.alive());
}

TEST_CASE("a refusal and a failed probe of one interval are one failure", "[node_state]") {
  Fixture f;
  f.NextInterval();
  f.Refused();
  CHECK_FALSE(f.Failure());
  CHECK(f.state.alive());
  f.NextInterval();
  CHECK(f.Failure());
}

TEST_CASE("a node whose probe succeeds dies of refusals and stays dead while they come",
          "[node_state]") {
  Fixture f;
  const auto pass_interval_with_refusal = [&f] {
    f.Pass(500);
    f.state.BeginInterval();
    CHECK_FALSE(f.Success());
    f.Pass(500);
    f.Refused();
  };
  pass_interval_with_refusal();
  CHECK(f.state.alive());
  pass_interval_with_refusal();
  CHECK_FALSE(f.state.alive());
  for (int i = 0; i < 10; ++i) pass_interval_with_refusal();
  f.NextInterval();
  CHECK_FALSE(f.Success());
  f.NextInterval();
  CHECK(f.Success());
}

}  // namespace
}  // namespace weir
