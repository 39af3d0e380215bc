// SeriesTable: what outlives the process, and how it comes again.
#include <string>
#include <vector>

#include "exporter/series_table.h"
#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

constexpr Refusal kNone = Refusal::kNone;

std::string_view MergeCounter(SeriesTable* table, std::string_view family, uint64_t value,
                              const std::vector<Label>& labels = {},
                              MergedFrom from = MergedFrom::kStorage) {
  return table->Merge(family, labels, PolicyOf(kCounter),
                      {.kind = kCounter, .touched = 5, .counter = {value, 0}}, 0, from);
}

std::string_view MergeState(SeriesTable* table, std::string_view family, const SeriesState& state,
                            const std::vector<Label>& labels = {},
                            MergedFrom from = MergedFrom::kStorage) {
  return table->Merge(family, labels, PolicyOf(state.kind), state, 0, from);
}

std::string PageWithoutHelp(SeriesTable* table) { return WithoutHelp(PageOf(table)); }

TEST_CASE("every series but sets is visited once, in slices of any size", "[series_table]") {
  SeriesTable table({});
  for (int i = 0; i < 100; ++i) Feed(&table, kCounter, "c" + std::to_string(i));
  Feed(&table, kSet, "s");
  uint32_t next = 0;
  std::vector<std::string> seen;
  for (bool done = false; !done;) {
    size_t slice = 0;
    done = table.VisitSlice(&next, kNoHurry, [&](const SeriesView& view) {
      seen.emplace_back(view.family);
      return ++slice < 7;
    });
  }
  REQUIRE(seen.size() == 100);
  CHECK(seen[99] == "c99");
}

TEST_CASE("a slice ends when its time is used up, and makes progress", "[series_table]") {
  SeriesTable table({});
  for (int i = 0; i < 100; ++i) Feed(&table, kCounter, "c" + std::to_string(i));
  uint32_t next = 0;
  size_t seen = 0;
  const auto visit = [&](const SeriesView&) { return ++seen > 0; };
  CHECK_FALSE(table.VisitSlice(&next, std::chrono::nanoseconds(0), visit));
  CHECK(seen == 32);
}

TEST_CASE("merged counts are added, and shown", "[series_table]") {
  SeriesTable table({});
  Feed(&table, kCounter, "c", {{"a", "b"}}, 3);
  CHECK(MergeCounter(&table, "c", 1000, {{"a", "b"}}).empty());
  CHECK(MergeCounter(&table, "c", 7).empty());
  CHECK(PageWithoutHelp(&table) == "# TYPE c counter\nc{a=\"b\"} 1003\nc 7\n");

  Feed(&table, kSummary, "s", {}, 2);
  CHECK(MergeState(&table, "s", {.kind = kSummary, .sum = 10, .count = 4}).empty());
  CHECK(ValueOf(PageOf(&table), "s_count") == "5");
  CHECK(ValueOf(PageOf(&table), "s_sum") == "12");
}

TEST_CASE("of a gauge that is there and a merged one the later stays", "[series_table]") {
  for (const int64_t live_touched : {3, 9}) {
    SeriesTable table({});
    Feed(&table, kGauge, "g", {}, 1, live_touched);
    CHECK(MergeState(&table, "g", {.kind = kGauge, .touched = 5, .gauge = 2}).empty());
    CHECK(ValueOf(PageOf(&table), "g") == (live_touched == 3 ? "2" : "1"));
  }
}

TEST_CASE("a merged series that finds no room leaves its family to samples of another type",
          "[series_table]") {
  SeriesBudget budget({.per_family = 2});
  SeriesTable table({.budget = &budget});
  for (const char* value : {"1", "2"}) {
    CHECK(MergeCounter(&table, "m", 1, {{"a", value}}).empty());
  }
  CHECK(MergeCounter(&table, "m", 1, {{"a", "3"}}) == "family_series_limit");
  CHECK(Feed(&table, kGauge, "m", {}, 7) == kNone);
  CHECK(ValueOf(PageOf(&table), "m") == "7");
}

TEST_CASE("a merged overflow series takes no place, in whatever order its family comes",
          "[series_table]") {
  const std::vector<Label> overflow = {{"overflow", "true"}};
  SeriesBudget budget({.per_family = 2});
  SeriesTable table({.budget = &budget});
  CHECK(MergeCounter(&table, "m", 7, overflow).empty());
  for (const char* value : {"1", "2"}) {
    CHECK(MergeCounter(&table, "m", 1, {{"a", value}}).empty());
  }
  CHECK(MergeCounter(&table, "m", 1, {{"a", "3"}}) == "family_series_limit");
  CHECK(budget.series() == 2);
  SeriesHandle handle;
  REQUIRE(table.Overflow("m", &handle));
  ApplyTo(&table, handle, kCounter, 1);
  CHECK(PageWithoutHelp(&table) ==
        "# TYPE m counter\nm{overflow=\"true\"} 8\nm{a=\"1\"} 1\nm{a=\"2\"} 1\n");
  // A family of which nothing else is left.
  CHECK(MergeCounter(&table, "rest", 7, overflow).empty());
  CHECK(budget.series() == 2);
  CHECK(Feed(&table, kCounter, "rest", {{"a", "1"}}) == kNone);
  CHECK(Feed(&table, kCounter, "rest", {{"a", "2"}}) == kNone);
  CHECK(Feed(&table, kCounter, "rest", {{"a", "3"}}) == Refusal::kFamilyLimit);
}

TEST_CASE("a merged gauge takes its place, also one that is labelled as an overflow",
          "[series_table]") {
  SeriesBudget budget({.series = 1});
  SeriesTable table({.budget = &budget});
  const SeriesState state = {.kind = kGauge, .gauge = 1};
  CHECK(MergeState(&table, "g", state, {{"overflow", "true"}}).empty());
  CHECK(MergeState(&table, "g", state) == "series_limit");
}

TEST_CASE("histograms are merged bucket by bucket, when they have the same bounds",
          "[series_table]") {
  Histogram other(PolicyOf(kHistogram).histogram);
  for (const double value : {0.5, 3.0, 70.0}) other.Observe(value, 2);
  const SeriesState state = {.kind = kHistogram, .histogram = other.View()};
  SeriesTable table({});
  Feed(&table, kHistogram, "h", {}, 3);
  CHECK(MergeState(&table, "h", state).empty());
  const std::string page = PageOf(&table);
  CHECK(ValueOf(page, "h_bucket{le=\"1\"}") == "2");
  CHECK(ValueOf(page, "h_bucket{le=\"5\"}") == "5");
  CHECK(ValueOf(page, "h_bucket{le=\"+Inf\"}") == "7");
  CHECK(ValueOf(page, "h_sum") == "150");

  SeriesPolicy others = PolicyOf(kHistogram);
  others.histogram = Intern(HistogramOptions{.buckets = {1, 6}});
  CHECK(table.Merge("h6", {}, others, state, 0, MergedFrom::kStorage) == "buckets_changed");
  CHECK(table.series_count() == 1);
  CHECK(table.family_count() == 1);
}

TEST_CASE("native histograms are merged at the coarser resolution", "[native_histogram]") {
  NativeHistogram fine(1.1, 1000), coarse(2, 1000);
  for (int i = 1; i <= 100; ++i) {
    fine.Observe(i, 1);
    coarse.Observe(-i, 1);
    coarse.Observe(i, 1);
  }
  fine.Observe(0, 3);
  const auto total = [](std::span<const NativeBucket> buckets) {
    uint64_t sum = 0;
    for (const NativeBucket& bucket : buckets) sum += bucket.count;
    return sum;
  };
  NativeHistogram wanted(2, 1000);
  for (int i = 1; i <= 100; ++i) wanted.Observe(i, 2);
  for (NativeHistogram* into : {&fine, &coarse}) {
    NativeHistogram copy = *into;
    copy.Merge(into == &fine ? coarse : fine);
    CHECK(copy.schema() == coarse.schema());
    CHECK(copy.zero_count() == 3);
    CHECK(total(copy.negative()) == 100);
    CHECK(std::vector(copy.positive().begin(), copy.positive().end()) ==
          std::vector(wanted.positive().begin(), wanted.positive().end()));
  }
  NativeHistogram few(1.1, 10);
  few.Merge(fine);
  CHECK(few.positive().size() + few.negative().size() <= 10);
}

TEST_CASE("a merged family gives way to samples of another type, once one came it stays",
          "[series_table]") {
  SeriesTable table({});
  MergeCounter(&table, "m", 1, {{"a", "1"}});
  MergeCounter(&table, "m", 1, {{"a", "2"}});
  CHECK(Feed(&table, kGauge, "m", {}, 4) == kNone);
  CHECK(PageWithoutHelp(&table) == "# TYPE m gauge\nm 4\n");
  CHECK(table.displaced() == 2);

  MergeCounter(&table, "fed", 1);
  CHECK(Feed(&table, kCounter, "fed") == kNone);
  CHECK(Feed(&table, kGauge, "fed") == Refusal::kConflict);
  // Nor does what is there give way to what is merged.
  CHECK(MergeCounter(&table, "m", 1) == Name(Refusal::kConflict));
  CHECK(table.displaced() == 2);
}

TEST_CASE("a merged summary gives way to samples of a name that it uses, unless another one stays",
          "[series_table]") {
  const SeriesState summary = {.kind = kSummary, .sum = 10, .count = 4};
  SeriesTable table({});
  MergeState(&table, "req", summary);
  CHECK(Feed(&table, kCounter, "req_count") == kNone);
  CHECK(PageWithoutHelp(&table) == "# TYPE req_count counter\nreq_count 1\n");
  CHECK(table.displaced() == 1);
  CHECK(MergeState(&table, "req", summary) == Name(Refusal::kConflict));

  MergeCounter(&table, "both_sum", 7);
  Feed(&table, kCounter, "both_count");
  CHECK(Feed(&table, kSummary, "both") == Refusal::kConflict);
  CHECK(ValueOf(PageOf(&table), "both_sum") == "7");
  CHECK(table.displaced() == 1);
}

TEST_CASE("a predecessor's series go before what came meanwhile and cannot be beside them",
          "[series_table]") {
  constexpr MergedFrom kPredecessor = MergedFrom::kPredecessor;
  SeriesTable table({});
  Feed(&table, kGauge, "m");
  Feed(&table, kCounter, "req_count");
  Feed(&table, kGauge, "req_sum");
  CHECK(MergeCounter(&table, "m", 1000, {}, kPredecessor).empty());
  const SeriesState summary = {.kind = kSummary, .sum = 10, .count = 4};
  CHECK(MergeState(&table, "req", summary, {}, kPredecessor).empty());
  CHECK(table.displaced() == 3);
  CHECK(Feed(&table, kGauge, "m") == Refusal::kConflict);
  CHECK(Feed(&table, kCounter, "req_count") == Refusal::kConflict);
  CHECK(MergeState(&table, "m", {.kind = kGauge}, {}, kPredecessor) == Name(Refusal::kConflict));
  CHECK(ValueOf(PageOf(&table), "m") == "1000");
  CHECK(ValueOf(PageOf(&table), "req_count") == "4");
}

TEST_CASE("no limit refuses a predecessor's series, and nothing new comes until there is room",
          "[series_table]") {
  constexpr MergedFrom kPredecessor = MergedFrom::kPredecessor;
  SeriesBudget budget({.series = 2, .per_family = 2, .memory = 1000});
  {
    SeriesTable table({.budget = &budget});
    const uint16_t plan = table.PlanFor("rule", {.ttl = std::chrono::seconds(1)});
    for (const char* value : {"new1", "new2"}) {
      REQUIRE(Feed(&table, kCounter, "m", {{"a", value}}, 1, 0, plan) == kNone);
    }
    for (int i = 0; i < 10; ++i) {
      CHECK(MergeCounter(&table, "m", 7, {{"a", std::to_string(i)}}, kPredecessor).empty());
    }
    CHECK(MergeCounter(&table, "m", 7, {{"overflow", "true"}}, kPredecessor).empty());
    CHECK(budget.series() == 12);
    CHECK(budget.bytes() > 1000);
    CHECK(Feed(&table, kCounter, "m", {{"a", "new3"}}) == Refusal::kFamilyLimit);
    CHECK(Feed(&table, kCounter, "other") == Refusal::kSeriesLimit);
    FakeClock clock;
    for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
    CHECK(budget.series() == 10);
    CHECK(Feed(&table, kCounter, "m", {{"a", "new3"}}) == Refusal::kFamilyLimit);
  }
}

TEST_CASE("names that clients may not use come by no other way either", "[series_table]") {
  SeriesTable table({});
  table.Reserve("weir_something");
  CHECK(MergeCounter(&table, "weir_something", 1) == Name(Refusal::kReservedName));
  CHECK(MergeCounter(&table, "m", 1, {{"__name__", "x"}}) == Name(Refusal::kIllegalLabel));
  CHECK(table.series_count() == 0);
}

// Writes down what it is told.
class Recorder final : public SeriesWitness {
 public:
  void OnKnown(uint32_t, int64_t) override { ++known; }
  void OnShown(const SeriesView& view, int64_t) override { told.emplace_back(view.family); }
  void OnMerged(uint32_t) override { told.emplace_back("merged"); }
  void OnForgotten(const SeriesView& view) override {
    told.push_back("-" + std::string(view.family));
  }
  void OnSliceEnd(int64_t) override { told.emplace_back("."); }
  int known = 0;
  std::vector<std::string> told;
};

TEST_CASE("a witness is told of all that is shown and forgotten but sets", "[series_table]") {
  SeriesTable table({});
  Recorder recorder;
  const uint16_t plan = table.PlanFor("rule", {.ttl = std::chrono::seconds(1)});
  Feed(&table, kCounter, "before");
  table.SetWitness(&recorder, 0);
  CHECK(recorder.known == 1);
  Feed(&table, kGauge, "g", {}, 1, 0, plan);
  Feed(&table, kSet, "s", {}, 1, 0, plan);
  PageOf(&table);
  table.Expire(2 * kNanosPerSecond, 1);
  table.Expire(2 * kNanosPerSecond, 1);
  CHECK(recorder.told == std::vector<std::string>{"before", "g", ".", "-g"});
}

}  // namespace
}  // namespace weir
