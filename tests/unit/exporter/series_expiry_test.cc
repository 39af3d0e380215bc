// SeriesTable: how series go and come again, and what is counted meanwhile.
#include <set>
#include <string>

#include "exporter/series_table.h"
#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

using std::chrono::seconds;

constexpr Refusal kNone = Refusal::kNone;
constexpr Refusal kConflict = Refusal::kConflict;

TEST_CASE("a series goes between its ttl and a second more", "[series_table]") {
  for (int start = 0; start < 16; ++start) {
    SeriesTable table({});
    FakeClock clock;
    const uint16_t plan = table.PlanFor("", {.ttl = seconds(3)});
    for (int i = 0; i < start; ++i) {
      clock.Advance(kNanosPerSecond / 16);
      table.Expire(clock.NowNanos(), 16);
    }
    for (int i = 0; i < 100; ++i) {
      Feed(&table, kCounter, "c" + std::to_string(i), {}, 1, clock.NowNanos(), plan);
    }
    for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
    REQUIRE(table.series_count() == 100);
    PassSecond(&table, &clock);
    clock.Advance(1);
    table.Expire(clock.NowNanos(), 16);
    REQUIRE(table.series_count() == 0);
  }
}

TEST_CASE("a sample keeps its series alive", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("", {.ttl = seconds(2)});
  for (int i = 0; i < 20; ++i) {
    Feed(&table, kCounter, "kept", {}, 1, clock.NowNanos(), plan);
    PassSecond(&table, &clock);
  }
  CHECK(ValueOf(PageOf(&table), "kept") == "20");
}

TEST_CASE("series of different rules expire independently", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t one = table.PlanFor("a", {.ttl = seconds(1)});
  const uint16_t two = table.PlanFor("b", {.ttl = seconds(4)});
  Feed(&table, kCounter, "m", {{"rule", "one"}}, 1, clock.NowNanos(), one);
  Feed(&table, kCounter, "m", {{"rule", "two"}}, 1, clock.NowNanos(), two);
  Feed(&table, kCounter, "m", {{"rule", "none"}}, 1, clock.NowNanos(), 0);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(WithoutHelp(PageOf(&table)) == "# TYPE m counter\nm{rule=\"two\"} 1\nm{rule=\"none\"} 1\n");
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(WithoutHelp(PageOf(&table)) == "# TYPE m counter\nm{rule=\"none\"} 1\n");
}

TEST_CASE("a series that returns starts at zero, under a new generation", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("", {.ttl = seconds(1)});
  SeriesHandle before, after;
  REQUIRE(table.Admit("c", {}, kCounter, PolicyOf(kCounter), &before) == kNone);
  ApplyTo(&table, before, kCounter, 10, clock.NowNanos(), plan);
  const uint32_t epoch = table.epoch();
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK_FALSE(table.Current(before));
  CHECK(table.epoch() != epoch);
  CHECK(PageOf(&table).empty());
  REQUIRE(table.Admit("c", {}, kCounter, PolicyOf(kCounter), &after) == kNone);
  CHECK(after.generation != before.generation);
  ApplyTo(&table, after, kCounter, 1, clock.NowNanos(), plan);
  CHECK(ValueOf(PageOf(&table), "c") == "1");
}

TEST_CASE("a type is free again when the last series of its family is gone", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("rule", {.ttl = seconds(1)});
  Feed(&table, kGauge, "m", {}, 1, clock.NowNanos(), plan);
  Feed(&table, kGauge, "m", {{"a", "b"}}, 1, clock.NowNanos(), 0);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(Feed(&table, kCounter, "m") == kConflict);
  CHECK(Feed(&table, kCounter, "m_sum") == kConflict);

  Feed(&table, kGauge, "m", {{"a", "b"}}, 1, clock.NowNanos(), plan);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(table.family_count() == 0);
  CHECK(Feed(&table, kCounter, "m") == kNone);
}

TEST_CASE("a plan that changes changes the series that live by it", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("rule", {.ttl = seconds(0)});
  Feed(&table, kCounter, "c", {}, 1, clock.NowNanos(), plan);
  for (int i = 0; i < 5; ++i) PassSecond(&table, &clock);
  CHECK(table.series_count() == 1);
  CHECK(table.PlanFor("rule", {.ttl = seconds(2)}) == plan);
  PassSecond(&table, &clock);
  CHECK(table.series_count() == 0);
}

TEST_CASE("nothing expires while no plan has a ttl", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  Feed(&table, kCounter, "c", {}, 1, clock.NowNanos());
  clock.Advance(1'000'000 * kNanosPerSecond);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(table.series_count() == 1);
}

TEST_CASE("vectors are families times their sets of label names", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("", {.ttl = seconds(1)});
  const uint16_t keep = table.PlanFor("keep", {});
  const auto feed = [&](const std::vector<Label>& labels, uint16_t by) {
    Feed(&table, kGauge, "g", labels, 1, clock.NowNanos(), by);
  };
  feed({}, plan);
  feed({{"a", "1"}}, plan);
  feed({{"a", "2"}}, keep);
  feed({{"a", "x\\\",b=\"y"}}, plan);
  feed({{"a", "1"}, {"b", "1"}}, plan);
  feed({{"ab", "1"}}, plan);
  CHECK(table.vectors_of_kind(kGauge) == 4);
  CHECK(table.series_of_kind(kGauge) == 6);
  Feed(&table, kCounter, "c", {{"a", "1"}}, 1, clock.NowNanos(), plan);
  CHECK(table.vectors_of_kind(kCounter) == 1);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(table.vectors_of_kind(kGauge) == 1);
  CHECK(table.vectors_of_kind(kCounter) == 0);
  CHECK(table.series_of_kind(kGauge) == 1);
  CHECK(table.series_count() == 1);
}

TEST_CASE("memory is told by what it is for", "[series_table]") {
  SeriesTable table({});
  for (int i = 0; i < 3000; ++i) {
    Feed(&table, kCounter, "counter_name", {{"number", std::to_string(i)}});
  }
  Feed(&table, kSummary, "summary");
  PageOf(&table);
  const SeriesTable::Memory memory = table.MemoryBytes();
  CHECK(memory.cells >= 3000 * 32);
  CHECK(memory.text >= 3000 * 10);
  CHECK(memory.index >= 3000 * 4);
  CHECK(memory.observers > 0);
  CHECK(memory.observers < 10'000);
}

TEST_CASE("a page that was left off does not count observers twice", "[series_table]") {
  SeriesTable table({});
  for (int i = 0; i < 20; ++i) Feed(&table, kSummary, "s" + std::to_string(i));
  PageOf(&table);
  const size_t once = table.MemoryBytes().observers;
  CHECK(once > 0);
  std::string page;
  RenderCursor left;
  for (int i = 0; i < 10; ++i) AppendSlice(&table, Format::kText, 0, 1, &left, &page);
  PageOf(&table);
  CHECK(table.MemoryBytes().observers == once);
}

}  // namespace
}  // namespace weir
