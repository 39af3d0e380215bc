#include "exporter/distinct.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr int64_t kWindow = 10;

// Stands for a hash with a secret seed (the finalizer of SplitMix64).
uint64_t Hash(uint64_t member) {
  uint64_t x = (member + 1) * 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

Distinct Set() { return Distinct(std::chrono::nanoseconds(kWindow)); }

void AddRange(Distinct* set, uint64_t begin, uint64_t end, int64_t now) {
  for (uint64_t member = begin; member < end; ++member) set->Add(Hash(member), now);
}

TEST_CASE("a set that saw nothing has no members", "[distinct]") {
  Distinct set = Set();
  CHECK(set.Value(5) == 0);
  CHECK(set.Value(5000) == 0);
}

TEST_CASE("the running count shows until the first window is over", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 3, 107);
  CHECK(set.Value(107) == 3);
  AddRange(&set, 2, 5, 109);
  CHECK(set.Value(109) == 5);
  CHECK(set.Value(110) == 5);
}

TEST_CASE("a set shows the last complete window", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 3, 105);
  AddRange(&set, 0, 7, 110);
  CHECK(set.Value(110) == 3);
  CHECK(set.Value(119) == 3);
  CHECK(set.Value(120) == 7);
  AddRange(&set, 0, 1, 125);
  CHECK(set.Value(129) == 7);
  CHECK(set.Value(130) == 1);
}

TEST_CASE("a window without members counts 0", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 3, 105);
  CHECK(set.Value(119) == 3);
  CHECK(set.Value(120) == 0);
  AddRange(&set, 0, 2, 157);
  CHECK(set.Value(157) == 0);
  CHECK(set.Value(160) == 2);
  CHECK(set.Value(1'000'000) == 0);
}

TEST_CASE("windows that nobody looked at are not added up", "[distinct]") {
  Distinct set = Set();
  for (int64_t window = 10; window < 20; ++window) {
    AddRange(&set, window * 100, window * 100 + 4, window * kWindow);
  }
  CHECK(set.Value(200) == 4);
}

TEST_CASE("time that goes back counts as the current window", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 3, 105);
  AddRange(&set, 3, 5, 12);
  CHECK(set.Value(12) == 5);
  CHECK(set.Value(110) == 5);
}

TEST_CASE("up to 64 members the count is exact", "[distinct]") {
  for (uint64_t members = 0; members <= 64; ++members) {
    Distinct set = Set();
    for (int repeat = 0; repeat < 3; ++repeat) AddRange(&set, 0, members, 100);
    CHECK(set.Value(110) == static_cast<double>(members));
  }
}

TEST_CASE("the extreme hashes are members like others", "[distinct]") {
  Distinct set = Set();
  for (int repeat = 0; repeat < 2; ++repeat) {
    set.Add(0, 100);
    set.Add(std::numeric_limits<uint64_t>::max(), 100);
  }
  CHECK(set.Value(110) == 2);
  AddRange(&set, 0, 1000, 110);
  set.Add(0, 110);
  set.Add(std::numeric_limits<uint64_t>::max(), 110);
  CHECK(std::abs(set.Value(120) - 1002) < 65);
}

TEST_CASE("large sets are estimated within 1.6 % standard error and without bias", "[distinct]") {
  for (const uint64_t members : {65, 100, 300, 1'000, 3'000, 10'000, 20'000, 100'000, 1'000'000}) {
    const int trials = members > 100'000 ? 10 : 100;
    double squares = 0;
    double errors = 0;
    for (int trial = 0; trial < trials; ++trial) {
      Distinct set = Set();
      AddRange(&set, trial * members, (trial + 1) * members, 100);
      const double error = set.Value(110) / static_cast<double>(members) - 1;
      REQUIRE(std::abs(error) < 4.5 * 0.01625);
      squares += error * error;
      errors += error;
    }
    CAPTURE(members);
    CHECK(std::sqrt(squares / trials) < 0.01625 * (1 + 2.5 / std::sqrt(2.0 * trials)));
    const double rounding = 0.5 / static_cast<double>(members);
    CHECK(std::abs(errors / trials) < 3 * 0.01625 / std::sqrt(trials) + rounding);
  }
}

TEST_CASE("repeated members do not count again in a large set", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 5000, 100);
  const double once = set.Value(100);
  AddRange(&set, 0, 5000, 105);
  CHECK(set.Value(105) == once);
}

TEST_CASE("after a large window a small one is exact again", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 100'000, 100);
  CHECK(set.MemoryBytes() > 4096);
  CHECK(set.MemoryBytes() < 4400);
  AddRange(&set, 0, 9, 110);
  CHECK(set.Value(120) == 9);
  CHECK(set.MemoryBytes() < 100);
}

TEST_CASE("a set with few members is small", "[distinct]") {
  Distinct set = Set();
  AddRange(&set, 0, 3, 100);
  CHECK(set.MemoryBytes() <= 128);
}

}  // namespace
}  // namespace weir
