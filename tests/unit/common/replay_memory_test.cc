#include "common/replay_memory.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

using Verdict = ReplayMemory::Verdict;

constexpr int64_t kNow = 1'700'000'000;

Hash128 Signature(uint64_t i) { return {i * 0x9E3779B97F4A7C15, i}; }

TEST_CASE("what was stamped within the skew is taken, once", "[replay_memory]") {
  ReplayMemory memory(3);
  uint64_t i = 0;
  for (int64_t age = -3; age <= 3; ++age) {
    CHECK(memory.Take(Signature(++i), kNow - age, kNow) == Verdict::kNew);
  }
  for (i = 1; i <= 7; ++i) {
    CHECK(memory.Take(Signature(i), kNow + 4 - i, kNow) == Verdict::kReplayed);
  }
  CHECK(memory.Take(Signature(8), kNow - 4, kNow) == Verdict::kTooOld);
  CHECK(memory.Take(Signature(8), kNow + 4, kNow) == Verdict::kTooNew);
  CHECK(memory.Take(Signature(8), 0, kNow) == Verdict::kTooOld);
  CHECK(memory.Take(Signature(8), UINT64_MAX, kNow) == Verdict::kTooNew);
  CHECK(memory.size() == 7);
}

TEST_CASE("nothing can be replayed at any time while it is young enough", "[replay_memory]") {
  ReplayMemory memory(3);
  // Stamped by a clock that is as far ahead as may be, it is remembered longest.
  REQUIRE(memory.Take(Signature(1), kNow + 3, kNow) == Verdict::kNew);
  for (int64_t later = 0; later <= 6; ++later) {
    CHECK(memory.Take(Signature(1), kNow + 3, kNow + later) == Verdict::kReplayed);
  }
  CHECK(memory.Take(Signature(1), kNow + 3, kNow + 7) == Verdict::kTooOld);
  CHECK(memory.size() == 0);
}

TEST_CASE("a clock that is set back makes nothing new again", "[replay_memory]") {
  ReplayMemory memory(3);
  REQUIRE(memory.Take(Signature(1), kNow, kNow) == Verdict::kNew);
  REQUIRE(memory.Take(Signature(2), kNow + 10, kNow + 10) == Verdict::kNew);
  CHECK(memory.Take(Signature(1), kNow, kNow) == Verdict::kTooOld);
}

TEST_CASE("without room new ones are refused, until old ones are too old", "[replay_memory]") {
  ReplayMemory memory(3, 100);
  for (uint64_t i = 1; i <= 100; ++i) {
    REQUIRE(memory.Take(Signature(i), kNow, kNow) == Verdict::kNew);
  }
  CHECK(memory.Take(Signature(101), kNow, kNow) == Verdict::kFull);
  CHECK(memory.Take(Signature(50), kNow, kNow) == Verdict::kReplayed);
  CHECK(memory.size() == 100);
  CHECK(memory.Take(Signature(101), kNow + 4, kNow + 4) == Verdict::kNew);
  CHECK(memory.size() == 1);
}

}  // namespace
}  // namespace weir
