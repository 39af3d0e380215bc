#include "common/topology/standing.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

const LiveSet kNone3 = {false, false, false};
const LiveSet kAll3 = {true, true, true};

TEST_CASE("with rehash the dead leave the ring and return to it", "[standing]") {
  const StandingRules rules(OnDown::kRehash, 0);
  Standing standing = rules.Next(StandingRules::AllUp(3), {true, false, true}, kNone3);
  CHECK(standing.in_ring == LiveSet{true, false, true});
  CHECK(standing.down == kNone3);
  CHECK_FALSE(standing.panic);
  standing = rules.Next(standing, kAll3, kNone3);
  CHECK(standing == StandingRules::AllUp(3));
}

TEST_CASE("when all are dead the last ring stays, until one returns", "[standing]") {
  const StandingRules rules(OnDown::kRehash, 0);
  Standing standing = rules.Next(StandingRules::AllUp(3), {false, true, false}, kNone3);
  standing = rules.Next(standing, kNone3, kNone3);
  CHECK(standing.in_ring == LiveSet{false, true, false});
  CHECK(standing.panic);
  standing = rules.Next(standing, {true, false, false}, kNone3);
  CHECK(standing.in_ring == LiveSet{true, false, false});
  CHECK_FALSE(standing.panic);
}

TEST_CASE("below the threshold deaths change nothing and returns do", "[standing]") {
  const StandingRules rules(OnDown::kRehash, 50);
  const LiveSet none4(4, false);
  Standing standing = rules.Next(StandingRules::AllUp(4), {true, true, false, false}, none4);
  CHECK_FALSE(standing.panic);
  CHECK(standing.in_ring == LiveSet{true, true, false, false});
  standing = rules.Next(standing, {true, false, false, false}, none4);
  CHECK(standing.panic);
  CHECK(standing.in_ring == LiveSet{true, true, false, false});
  standing = rules.Next(standing, {false, false, true, false}, none4);
  CHECK(standing.panic);
  CHECK(standing.in_ring == LiveSet{true, true, true, false});
  standing = rules.Next(standing, {false, false, true, true}, none4);
  CHECK_FALSE(standing.panic);
  CHECK(standing.in_ring == LiveSet{false, false, true, true});
}

TEST_CASE("with drop and hold the ring stays and the dead are down", "[standing]") {
  for (const OnDown on_down : {OnDown::kDrop, OnDown::kHold}) {
    const StandingRules rules(on_down, 0);
    const Standing standing = rules.Next(StandingRules::AllUp(3), {true, false, true}, kNone3);
    CHECK(standing.in_ring == kAll3);
    CHECK(standing.down == LiveSet{false, true, false});
    CHECK(rules.Next(standing, kAll3, kNone3) == StandingRules::AllUp(3));
  }
}

TEST_CASE("when all are dead hold holds and drop keeps sending", "[standing]") {
  const Standing one_dead =
      StandingRules(OnDown::kDrop, 0).Next(StandingRules::AllUp(2), {true, false}, {false, false});
  const LiveSet none(2, false);
  const Standing held = StandingRules(OnDown::kHold, 0).Next(one_dead, none, none);
  CHECK(held.down == LiveSet{true, true});
  CHECK_FALSE(held.panic);
  const Standing sent = StandingRules(OnDown::kDrop, 0).Next(one_dead, none, none);
  CHECK(sent.down == LiveSet{false, true});
  CHECK(sent.panic);
}

TEST_CASE("a drained node leaves the ring whatever the policy, unless nobody is left",
          "[standing]") {
  for (const OnDown on_down : {OnDown::kRehash, OnDown::kDrop, OnDown::kHold}) {
    const StandingRules rules(on_down, 0);
    const Standing standing = rules.Next(StandingRules::AllUp(3), kAll3, {false, true, false});
    CHECK(standing.in_ring == LiveSet{true, false, true});
    CHECK_FALSE(standing.panic);
    CHECK(rules.Next(standing, kAll3, kAll3).in_ring == LiveSet{true, false, true});
  }
}

TEST_CASE("drained nodes do not count for the threshold", "[standing]") {
  const StandingRules rules(OnDown::kRehash, 60);
  const Standing standing =
      rules.Next(StandingRules::AllUp(3), {true, true, false}, {false, true, false});
  CHECK(standing.panic);
  CHECK(standing.in_ring == LiveSet{true, false, true});
}

}  // namespace
}  // namespace weir
