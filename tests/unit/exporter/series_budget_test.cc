#include "exporter/series_budget.h"

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr Transport kUdp = Transport::kUdp;
constexpr Transport kTcp = Transport::kTcp;

TEST_CASE("without limits every place is to be had, and counted", "[series_budget]") {
  SeriesBudget budget({});
  for (int i = 0; i < 1000; ++i) REQUIRE(budget.TakePlace(kUdp, 100) == Refusal::kNone);
  CHECK(budget.TakeBytes(1));
  CHECK(budget.series() == 1000);
  CHECK(budget.series_of(kUdp) == 1000);
  CHECK(budget.bytes() == 100'001);
}

TEST_CASE("places end with the limit and come back with what is given back", "[series_budget]") {
  SeriesBudget budget({.series = 2});
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kNone);
  CHECK(budget.TakePlace(kTcp, 1) == Refusal::kNone);
  const uint64_t returns = budget.returns();
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kSeriesLimit);
  CHECK(budget.returns() == returns);
  budget.GivePlaceBack(kTcp, 1);
  CHECK(budget.returns() > returns);
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kNone);
  CHECK(budget.series_of(kUdp) == 2);
  CHECK(budget.series_of(kTcp) == 0);
}

TEST_CASE("a listener at its limit leaves the others their places", "[series_budget]") {
  SeriesBudget budget({.series = 3, .per_listener = 2});
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kNone);
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kNone);
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kListenerLimit);
  CHECK(budget.TakePlace(kTcp, 1) == Refusal::kNone);
  CHECK(budget.TakePlace(kTcp, 1) == Refusal::kSeriesLimit);
  CHECK(budget.series() == 3);
}

TEST_CASE("places end at 15/16 of the memory, bytes alone at all of it", "[series_budget]") {
  SeriesBudget budget({.memory = 1600});
  CHECK(budget.TakePlace(kUdp, 1500) == Refusal::kNone);
  CHECK(budget.TakePlace(kUdp, 1) == Refusal::kMemoryLimit);
  CHECK(budget.series() == 1);
  CHECK(budget.series_of(kUdp) == 1);
  CHECK(budget.TakeBytes(100));
  CHECK_FALSE(budget.TakeBytes(1));
  // What is used already is counted, beyond the limit too.
  budget.AddBytes(50);
  CHECK(budget.bytes() == 1650);
  budget.AddBytes(-150);
  budget.GivePlaceBack(kUdp, 1500);
  CHECK(budget.bytes() == 0);
  CHECK(budget.TakePlace(kUdp, 1501) == Refusal::kMemoryLimit);
}

TEST_CASE("threads that take and give back at once never pass the limit", "[series_budget]") {
  constexpr uint64_t kLimit = 50;
  SeriesBudget budget({.series = kLimit});
  std::atomic<bool> passed{false};
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&] {
      int held = 0;
      for (int i = 0; i < 20'000; ++i) {
        if (i % 3 != 0) {
          held += budget.TakePlace(kUdp, 10) == Refusal::kNone;
        } else if (held > 0) {
          --held;
          budget.GivePlaceBack(kUdp, 10);
        }
        if (budget.series() > kLimit) passed = true;
      }
      for (; held > 0; --held) budget.GivePlaceBack(kUdp, 10);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(passed);
  CHECK(budget.series() == 0);
  CHECK(budget.bytes() == 0);
}

}  // namespace
}  // namespace weir
