// SeriesTable under a budget: who is refused, what stands for those, and what comes back.
#include <string>
#include <vector>

#include "exporter/series_table.h"
#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

struct Limited {
  explicit Limited(const SeriesLimits& limits) : budget(limits), table({.budget = &budget}) {}

  Refusal Feed(SeriesKind kind, std::string_view family, const std::string& value, double by = 1,
               uint16_t plan = 0) {
    return weir::Feed(&table, kind, family, {{"x", value}}, by, clock.NowNanos(), plan);
  }
  // As Ingest does with what Admit refuses.
  bool FeedOverflow(SeriesKind kind, std::string_view family, double by = 1) {
    SeriesHandle handle;
    if (!table.Overflow(family, &handle)) return false;
    REQUIRE(table.Current(handle));
    return ApplyTo(&table, handle, kind, by, clock.NowNanos()) == Refusal::kNone;
  }
  std::string Page() { return WithoutHelp(PageOf(&table, Format::kText, clock.NowNanos())); }

  FakeClock clock;
  SeriesBudget budget;
  SeriesTable table;
};

TEST_CASE("a known series is no new one, however full it is", "[series_limits]") {
  Limited limited({.series = 1, .per_family = 1, .per_listener = 1, .memory = 1 << 20});
  for (int i = 0; i < 3; ++i) CHECK(limited.Feed(kCounter, "c", "a") == Refusal::kNone);
  CHECK(limited.Page() == "# TYPE c counter\nc{x=\"a\"} 3\n");
  CHECK(limited.budget.series() == 1);
}

TEST_CASE("counters and observers of a known family flow over into one series", "[series_limits]") {
  for (const SeriesKind kind : {kCounter, kSummary, kHistogram}) {
    Limited limited({.series = 1});
    REQUIRE(limited.Feed(kind, "f", "a") == Refusal::kNone);
    REQUIRE(limited.Feed(kind, "f", "b") == Refusal::kSeriesLimit);
    CHECK(limited.FeedOverflow(kind, "f", 2));
    CHECK(limited.FeedOverflow(kind, "f", 3));
    const std::string sum = kind == kCounter ? "f" : "f_sum";
    CHECK(ValueOf(limited.Page(), sum + "{overflow=\"true\"}") == "5");
    CHECK(limited.table.series_count() == 2);
    CHECK(limited.budget.series() == 1);
  }
}

TEST_CASE("gauges, sets and new families have nothing to flow over into", "[series_limits]") {
  for (const SeriesKind kind : {kGauge, kSet}) {
    Limited limited({.series = 1});
    REQUIRE(limited.Feed(kind, "f", "a") == Refusal::kNone);
    REQUIRE(limited.Feed(kind, "f", "b") == Refusal::kSeriesLimit);
    SeriesHandle handle;
    CHECK_FALSE(limited.table.Overflow("f", &handle));
    REQUIRE(limited.Feed(kind, "new", "a") == Refusal::kSeriesLimit);
    CHECK_FALSE(limited.table.Overflow("new", &handle));
    CHECK(limited.table.series_count() == 1);
    CHECK(limited.table.family_count() == 1);
  }
}

TEST_CASE("a family's limit is its own, and its overflow is not in it", "[series_limits]") {
  Limited limited({.per_family = 2});
  for (const char* family : {"f", "g"}) {
    CHECK(limited.Feed(kCounter, family, "a") == Refusal::kNone);
    CHECK(limited.Feed(kCounter, family, "b") == Refusal::kNone);
    CHECK(limited.Feed(kCounter, family, "c") == Refusal::kFamilyLimit);
    CHECK(limited.FeedOverflow(kCounter, family));
    CHECK(limited.Feed(kCounter, family, "d") == Refusal::kFamilyLimit);
  }
  CHECK(limited.table.series_count() == 6);
}

TEST_CASE("a client's own overflow series takes the others' samples", "[series_limits]") {
  Limited limited({.series = 1});
  REQUIRE(Feed(&limited.table, kCounter, "f", {{"overflow", "true"}}) == Refusal::kNone);
  REQUIRE(limited.Feed(kCounter, "f", "b") == Refusal::kSeriesLimit);
  CHECK(limited.FeedOverflow(kCounter, "f"));
  CHECK(limited.Page() == "# TYPE f counter\nf{overflow=\"true\"} 2\n");
}

TEST_CASE("series that expire give back all they took", "[series_limits]") {
  Limited limited({.series = 100, .per_family = 2, .memory = 1 << 20});
  const uint16_t plan = limited.table.PlanFor("rule", {.ttl = std::chrono::seconds(5)});
  for (const SeriesKind kind : kAllKinds) {
    const std::string family = "f" + std::to_string(static_cast<int>(kind));
    for (const char* value : {"a", "b", "c"}) limited.Feed(kind, family, value, 1, plan);
    SeriesHandle handle;
    if (!limited.table.Overflow(family, &handle)) continue;
    CHECK(ApplyTo(&limited.table, handle, kind, 1, 0, plan) == Refusal::kNone);
  }
  CHECK(limited.table.series_count() == 13);
  CHECK(limited.budget.series() == 10);
  CHECK(limited.budget.bytes() > 13 * 100);
  limited.clock.Advance(7 * kNanosPerSecond);
  PassSecond(&limited.table, &limited.clock);
  CHECK(limited.table.series_count() == 0);
  CHECK(limited.budget.series() == 0);
  CHECK(limited.budget.bytes() == 0);
  CHECK(limited.Feed(kCounter, "f0", "c") == Refusal::kNone);
}

TEST_CASE("who was sent to the overflow is asked for again once there may be room",
          "[series_limits]") {
  Limited limited({.series = 2});
  const uint16_t plan = limited.table.PlanFor("rule", {.ttl = std::chrono::seconds(1)});
  REQUIRE(limited.Feed(kCounter, "f", "a") == Refusal::kNone);
  REQUIRE(limited.Feed(kGauge, "short", "a", 1, plan) == Refusal::kNone);
  REQUIRE(limited.Feed(kCounter, "f", "b") == Refusal::kSeriesLimit);
  SeriesHandle handle;
  REQUIRE(limited.table.Overflow("f", &handle));
  ApplyTo(&limited.table, handle, kCounter, 7);
  const uint32_t epoch = limited.table.epoch();
  limited.table.Reconsider();
  CHECK(limited.table.Current(handle));
  CHECK(limited.table.epoch() == epoch);

  for (int i = 0; i < 3; ++i) PassSecond(&limited.table, &limited.clock);
  limited.table.Reconsider();
  CHECK_FALSE(limited.table.Current(handle));
  CHECK(limited.table.epoch() != epoch);
  CHECK(limited.Feed(kCounter, "f", "b") == Refusal::kNone);
  CHECK(limited.Page() == "# TYPE f counter\nf{x=\"a\"} 1\nf{overflow=\"true\"} 7\nf{x=\"b\"} 1\n");
  CHECK(limited.FeedOverflow(kCounter, "f"));  // the same one still
  CHECK(limited.table.series_count() == 3);
}

TEST_CASE("another table's room is room here", "[series_limits]") {
  SeriesBudget budget({.series = 1});
  SeriesTable here({.budget = &budget});
  FakeClock clock;
  {
    SeriesTable there({.budget = &budget});
    const uint16_t plan = there.PlanFor("rule", {.ttl = std::chrono::seconds(1)});
    REQUIRE(Feed(&there, kCounter, "f", {}, 1, 0, plan) == Refusal::kNone);
    REQUIRE(Feed(&here, kCounter, "g") == Refusal::kSeriesLimit);
    for (int i = 0; i < 3; ++i) PassSecond(&there, &clock);
  }
  const uint32_t epoch = here.epoch();
  here.Reconsider();
  CHECK(here.epoch() != epoch);
  CHECK(Feed(&here, kCounter, "g") == Refusal::kNone);
}

TEST_CASE("what values grow to is weighed, and keeps new series out", "[series_limits]") {
  Limited limited({.memory = 10'000});
  REQUIRE(limited.Feed(kSummary, "s", "a") == Refusal::kNone);
  const uint64_t before = limited.budget.bytes();
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE(limited.Feed(kSummary, "s", "a", i) == Refusal::kNone);
  }
  for (int i = 0; i < 20'000; ++i) REQUIRE(limited.Feed(kSummary, "s", "b", i) == Refusal::kNone);
  for (int i = 0; i < 20'000; ++i) REQUIRE(limited.Feed(kSummary, "s", "c", i) == Refusal::kNone);
  for (int i = 0; i < 4; ++i) limited.table.Weigh(1);
  CHECK(limited.budget.bytes() > before + 10'000);
  CHECK(limited.Feed(kCounter, "new", "a") == Refusal::kMemoryLimit);
  CHECK(limited.Feed(kSummary, "s", "a") == Refusal::kNone);
}

TEST_CASE("what the budget counts is about what the table says it holds", "[series_limits]") {
  Limited limited({.memory = uint64_t{1} << 30});
  for (int i = 0; i < 50'000; ++i) {
    limited.Feed(kCounter, "one", std::to_string(i));
    limited.Feed(kCounter, "many" + std::to_string(i), "");
    if (i % 10 == 0) limited.Feed(kHistogram, "h", std::to_string(i));
  }
  PageOf(&limited.table, Format::kText, 0);  // which weighs the observers
  const SeriesTable::Memory memory = limited.table.MemoryBytes();
  const double held =
      static_cast<double>(memory.cells + memory.observers + memory.text + memory.index);
  // Besides, it counts what the heap takes for each.
  CHECK(static_cast<double>(limited.budget.bytes()) > held);
  CHECK(static_cast<double>(limited.budget.bytes()) < 2 * held);
}

}  // namespace
}  // namespace weir
