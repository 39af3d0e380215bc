#include "exporter/series_table.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "common/clock.h"
#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

using std::chrono::seconds;

constexpr SeriesKind kCounter = SeriesKind::kCounter;
constexpr SeriesKind kGauge = SeriesKind::kGauge;
constexpr SeriesKind kSet = SeriesKind::kSet;
constexpr SeriesKind kSummary = SeriesKind::kSummary;
constexpr SeriesKind kHistogram = SeriesKind::kHistogram;
constexpr SeriesKind kAllKinds[] = {kCounter, kGauge, kSet, kSummary, kHistogram};

constexpr Refusal kNone = Refusal::kNone;
constexpr Refusal kConflict = Refusal::kConflict;

// What becomes of `second` in a table that has `first` already.
Refusal After(SeriesKind first_kind, std::string_view first, SeriesKind second_kind,
              std::string_view second, const std::vector<Label>& labels = {}) {
  SeriesTable table({});
  REQUIRE(Feed(&table, first_kind, first) == kNone);
  return Feed(&table, second_kind, second, labels);
}

// Expires as a shard does: sixteen times in a second.
void PassSecond(SeriesTable* table, FakeClock* clock) {
  for (int part = 0; part < 16; ++part) {
    clock->Advance(kNanosPerSecond / 16);
    table->Expire(clock->NowNanos(), 16);
  }
}

// --- Admission ---------------------------------------------------------------------------------

TEST_CASE("a series is found again by its family and labels", "[series_table]") {
  SeriesTable table({});
  const SeriesPolicy policy = PolicyOf(kCounter);
  SeriesHandle first, again, labelled, other_value;
  REQUIRE(table.Admit("a", {}, kCounter, policy, &first) == kNone);
  REQUIRE(table.Admit("a", {}, kCounter, policy, &again) == kNone);
  REQUIRE(table.Admit("a", {{"x", "1"}}, kCounter, policy, &labelled) == kNone);
  REQUIRE(table.Admit("a", {{"x", "2"}}, kCounter, policy, &other_value) == kNone);
  CHECK(again.series == first.series);
  CHECK(again.generation == first.generation);
  CHECK(std::set{first.series, labelled.series, other_value.series}.size() == 3);
  CHECK(table.Current(first));
  CHECK(table.series_count() == 3);
  CHECK(table.family_count() == 1);
}

TEST_CASE("labels that would read the same without escaping are different series",
          "[series_table]") {
  SeriesTable table({});
  Feed(&table, kCounter, "a", {{"x", "1\",y=\"2"}});
  Feed(&table, kCounter, "a", {{"x", "1"}, {"y", "2"}});
  CHECK(table.series_count() == 2);
  CHECK(table.vectors_of_kind(kCounter) == 2);
}

TEST_CASE("the same name with more labels is shown beside the one with less", "[series_table]") {
  for (const SeriesKind kind : kAllKinds) {
    SeriesTable table({});
    CHECK(Feed(&table, kind, "m", {{"foo", "1"}}) == kNone);
    CHECK(Feed(&table, kind, "m", {{"bar", "2"}, {"foo", "1"}}) == kNone);
    CHECK(table.series_count() == 2);
    CHECK(table.family_count() == 1);
  }
}

TEST_CASE("a name has one type, whatever the labels", "[series_table]") {
  for (const SeriesKind first : kAllKinds) {
    for (const SeriesKind second : kAllKinds) {
      const Refusal wanted = first == second ? kNone : kConflict;
      CHECK(After(first, "m", second, "m") == wanted);
      CHECK(After(first, "m", second, "m", {{"a", "b"}}) == wanted);
    }
  }
}

TEST_CASE("nothing may take a name that an observer's parts have", "[series_table]") {
  for (const SeriesKind observer : {kSummary, kHistogram}) {
    for (const SeriesKind kind : {kCounter, kGauge, kSet}) {
      CHECK(After(observer, "h1", kind, "h1_sum") == kConflict);
      CHECK(After(observer, "h1", kind, "h1_count") == kConflict);
      CHECK(After(observer, "h1", kind, "h1_bucket") == kConflict);
      CHECK(After(observer, "h1", kind, "h1_other") == kNone);
    }
  }
}

TEST_CASE("an observer may not bring parts whose names are taken", "[series_table]") {
  for (const SeriesKind kind : {kCounter, kGauge, kSet}) {
    for (const SeriesKind observer : {kSummary, kHistogram}) {
      CHECK(After(kind, "x_sum", observer, "x") == kConflict);
      CHECK(After(kind, "x_count", observer, "x") == kConflict);
    }
    CHECK(After(kind, "x_bucket", kHistogram, "x") == kConflict);
    CHECK(After(kind, "x_bucket", kSummary, "x") == kNone);
  }
}

TEST_CASE("a gauge keeps its suffixed names, a counter does not", "[series_table]") {
  for (const SeriesKind kind : {kCounter, kGauge}) {
    for (const std::string suffix : {"_count", "_sum", "_bucket"}) {
      CHECK(After(kGauge, "q", kind, "q" + suffix) == kConflict);
      CHECK(After(kCounter, "z", kind, "z" + suffix) == kNone);
    }
  }
  CHECK(After(kCounter, "foo_count", kGauge, "foo") == kNone);
}

TEST_CASE("two observers never share a name on the page", "[series_table]") {
  for (const SeriesKind foo : {kSummary, kHistogram}) {
    for (const SeriesKind part : {kSummary, kHistogram}) {
      for (const std::string name : {"foo_count", "foo_sum"}) {
        CHECK(After(foo, "foo", part, name) == kConflict);
        CHECK(After(part, name, foo, "foo") == kConflict);
      }
      // Only a histogram writes foo_bucket.
      const Refusal wanted = foo == kHistogram ? kConflict : kNone;
      CHECK(After(foo, "foo", part, "foo_bucket") == wanted);
      CHECK(After(part, "foo_bucket", foo, "foo") == wanted);
    }
  }
}

TEST_CASE("a name that is a suffix and no more collides with nothing", "[series_table]") {
  CHECK(After(kSummary, "x", kCounter, "_sum") == kNone);
  CHECK(After(kCounter, "_sum", kSummary, "_sum_count") == kNone);
}

TEST_CASE("a refused series leaves nothing behind", "[series_table]") {
  SeriesTable table({});
  REQUIRE(Feed(&table, kCounter, "a") == kNone);
  CHECK(Feed(&table, kGauge, "a") == kConflict);
  CHECK(Feed(&table, kSummary, "b", {{"quantile", "1"}}) == Refusal::kIllegalLabel);
  CHECK(table.series_count() == 1);
  CHECK(table.family_count() == 1);
  CHECK(WithoutHelp(PageOf(&table)) == "# TYPE a counter\na 1\n");
}

TEST_CASE("names of our own metrics are refused, and observers that would write them",
          "[series_table]") {
  SeriesTable table({});
  table.Reserve("statsd_exporter_lines_total");
  table.Reserve("weir_memory_sum");
  for (const SeriesKind kind : kAllKinds) {
    CHECK(Feed(&table, kind, "statsd_exporter_lines_total") == Refusal::kReservedName);
    CHECK(Feed(&table, kind, "statsd_exporter_lines_total", {{"a", "b"}}) ==
          Refusal::kReservedName);
  }
  CHECK(Feed(&table, kSummary, "weir_memory") == kConflict);
  CHECK(Feed(&table, kGauge, "weir_memory") == kNone);
  CHECK(Feed(&table, kCounter, "statsd_exporter_lines") == kNone);
}

TEST_CASE("an empty name is refused", "[series_table]") {
  SeriesTable table({});
  for (const SeriesKind kind : kAllKinds) CHECK(Feed(&table, kind, "") == Refusal::kEmptyName);
}

TEST_CASE("label names that Prometheus keeps for itself are refused", "[series_table]") {
  SeriesTable table({});
  for (const SeriesKind kind : kAllKinds) {
    for (const std::string name : {"__name__", "__", "__x"}) {
      CHECK(Feed(&table, kind, "m", {{"a", "b"}, {name, "v"}}) == Refusal::kIllegalLabel);
    }
    CHECK(table.series_count() == 0);
  }
  CHECK(Feed(&table, kCounter, "m", {{"_x", "v"}}) == kNone);
}

TEST_CASE("le and quantile are refused on observers only", "[series_table]") {
  for (const SeriesKind kind : kAllKinds) {
    for (const std::string name : {"le", "quantile"}) {
      SeriesTable table({});
      const bool observer = kind == kSummary || kind == kHistogram;
      CHECK(Feed(&table, kind, "m", {{name, "1"}}) == (observer ? Refusal::kIllegalLabel : kNone));
    }
  }
}

TEST_CASE("names that can collide through suffixes have one owner", "[series_table]") {
  for (const uint32_t shards : {1u, 2u, 7u, 64u}) {
    for (int i = 0; i < 50; ++i) {
      const std::string base = "name_" + std::to_string(i);
      const uint32_t owner = SeriesTable::OwnerOf(base, shards);
      CHECK(owner < shards);
      for (const std::string suffix : {"_sum", "_count", "_bucket", "_total", "_total_count",
                                       "_sum_count", "_count_total_bucket"}) {
        CHECK(SeriesTable::OwnerOf(base + suffix, shards) == owner);
      }
    }
  }
  CHECK(SeriesTable::OwnerOf("", 4) < 4);
  CHECK(SeriesTable::OwnerOf("_sum", 4) == SeriesTable::OwnerOf("_sum_count", 4));
}

TEST_CASE("families spread over the shards", "[series_table]") {
  std::map<uint32_t, int> families;
  for (int i = 0; i < 4000; ++i) ++families[SeriesTable::OwnerOf("f" + std::to_string(i), 4)];
  for (uint32_t shard = 0; shard < 4; ++shard) CHECK(families[shard] > 800);
}

// --- Values ------------------------------------------------------------------------------------

TEST_CASE("a negative counter changes nothing", "[series_table]") {
  SeriesTable table({});
  CHECK(Feed(&table, kCounter, "c", {}, 5) == kNone);
  CHECK(Feed(&table, kCounter, "c", {}, -1) == Refusal::kNegativeCounter);
  CHECK(ValueOf(PageOf(&table), "c") == "5");
}

TEST_CASE("values print as the peer prints them", "[series_table]") {
  SeriesTable table({});
  Feed(&table, kCounter, "big", {}, 9007199254740993.0);
  Feed(&table, kCounter, "parts", {}, 0.1);
  Feed(&table, kCounter, "parts", {}, 0.2);
  CHECK(ValueOf(PageOf(&table), "big") == "9.007199254740992e+15");
  CHECK(ValueOf(PageOf(&table), "parts") == "0.30000000000000004");
}

TEST_CASE("a relative gauge starts from zero and adds", "[series_table]") {
  SeriesTable table({});
  SeriesHandle handle;
  REQUIRE(table.Admit("g", {}, kGauge, PolicyOf(kGauge), &handle) == kNone);
  Sample sample = SampleOf(SampleType::kGauge, -10);
  sample.relative = true;
  table.Apply(handle.series, 0, sample, 0, 0);
  CHECK(ValueOf(PageOf(&table), "g") == "-10");
  table.Apply(handle.series, 0, SampleOf(SampleType::kGauge, 333), 0, 0);
  table.Apply(handle.series, 0, sample, 0, 0);
  CHECK(ValueOf(PageOf(&table), "g") == "323");
}

TEST_CASE("a counter sample moves a gauge up and down", "[series_table]") {
  SeriesTable table({});
  SeriesHandle handle;
  REQUIRE(table.Admit("g", {}, kGauge, PolicyOf(kGauge), &handle) == kNone);
  CHECK(table.Apply(handle.series, 0, SampleOf(SampleType::kCounter, 3), 0, 0) == kNone);
  CHECK(table.Apply(handle.series, 0, SampleOf(SampleType::kCounter, -5), 0, 0) == kNone);
  CHECK(ValueOf(PageOf(&table), "g") == "-2");
}

TEST_CASE("a plan scales values, a gauge's change too", "[series_table]") {
  SeriesTable table({});
  const uint16_t kilo = table.PlanFor("kilo", {.scale = 1024});
  Feed(&table, kCounter, "c", {}, 100, 0, kilo);
  Feed(&table, kCounter, "c", {}, 200, 0, kilo);
  CHECK(ValueOf(PageOf(&table), "c") == "307200");

  const uint16_t twice = table.PlanFor("twice", {.scale = 2});
  SeriesHandle handle;
  REQUIRE(table.Admit("g", {}, kGauge, PolicyOf(kGauge), &handle) == kNone);
  Sample change = SampleOf(SampleType::kGauge, 5);
  change.relative = true;
  table.Apply(handle.series, twice, change, 0, 0);
  CHECK(ValueOf(PageOf(&table), "g") == "10");

  const uint16_t minus = table.PlanFor("minus", {.scale = -1});
  CHECK(Feed(&table, kCounter, "c", {}, 1, 0, minus) == Refusal::kNegativeCounter);
  CHECK(ValueOf(PageOf(&table), "c") == "307200");
}

TEST_CASE("a summary that is idle keeps its sum and count", "[series_table]") {
  SeriesTable table({});
  Feed(&table, kSummary, "s", {{"a", "b"}}, 4, 0);
  const std::string fresh = PageOf(&table, Format::kText, 0);
  CHECK(ValueOf(fresh, "s{a=\"b\",quantile=\"0.99\"}") == "4");
  const int64_t later = 700 * kNanosPerSecond;
  const std::string page = PageOf(&table, Format::kText, later);
  CHECK(ValueOf(page, "s{a=\"b\",quantile=\"0.5\"}") == "NaN");
  CHECK(ValueOf(page, "s_sum{a=\"b\"}") == "4");
  CHECK(ValueOf(page, "s_count{a=\"b\"}") == "1");
}

TEST_CASE("the synthetic label stands last", "[series_table]") {
  SeriesTable table({});
  Feed(&table, kHistogram, "h", {{"t", "v"}}, 2);
  const std::string page = PageOf(&table);
  CHECK(ValueOf(page, "h_bucket{t=\"v\",le=\"1\"}") == "0");
  CHECK(ValueOf(page, "h_bucket{t=\"v\",le=\"5\"}") == "1");
  CHECK(ValueOf(page, "h_bucket{t=\"v\",le=\"+Inf\"}") == "1");
}

TEST_CASE("a set shows the members of its last window", "[series_table]") {
  SeriesTable table({.set_window = seconds(10)});
  for (const double member : {1.0, 2.0, 2.0, 3.0}) Feed(&table, kSet, "users", {}, member, 0);
  CHECK(ValueOf(PageOf(&table, Format::kText, 0), "users") == "3");
  Feed(&table, kSet, "users", {}, 9, 11 * kNanosPerSecond);
  CHECK(ValueOf(PageOf(&table, Format::kText, 12 * kNanosPerSecond), "users") == "3");
  CHECK(ValueOf(PageOf(&table, Format::kText, 21 * kNanosPerSecond), "users") == "1");
  CHECK(ValueOf(PageOf(&table, Format::kText, 31 * kNanosPerSecond), "users") == "0");
}

TEST_CASE("help is escaped, and the latest rule's text is shown", "[series_table]") {
  SeriesTable table({});
  SeriesPolicy policy = PolicyOf(kCounter);
  SeriesHandle handle;
  policy.help = InternText("old");
  REQUIRE(table.Admit("c", {}, kCounter, policy, &handle) == kNone);
  policy.help = InternText("a\nb\\c\"d");
  REQUIRE(table.Admit("c", {{"x", "y"}}, kCounter, policy, &handle) == kNone);
  CHECK(LinesOf(PageOf(&table)).front() == "# HELP c a\\nb\\\\c\"d");
}

// --- Time to live ------------------------------------------------------------------------------

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

TEST_CASE("a plan is remembered by its rule", "[series_table]") {
  SeriesTable table({});
  CHECK(table.PlanFor("", {}) == 0);
  const uint16_t a = table.PlanFor("a", {.scale = 2});
  const uint16_t b = table.PlanFor("b", {.scale = 2});
  CHECK(a != b);
  CHECK(table.PlanFor("a", {.scale = 3}) == a);
}

TEST_CASE("with more rules than plans a rule borrows one that says the same, or none",
          "[series_table]") {
  SeriesTable table({});
  for (int i = 0; i < 65'535; ++i) table.PlanFor("r" + std::to_string(i), {.scale = i + 2.0});
  const uint16_t borrowed = table.PlanFor("one more", {.scale = 7});
  CHECK(borrowed == table.PlanFor("r5", {.scale = 7}));
  CHECK(table.PlanFor("and one", {.scale = 0.5}) == 0);
}

TEST_CASE("nothing expires while no plan has a ttl", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  Feed(&table, kCounter, "c", {}, 1, clock.NowNanos());
  clock.Advance(1'000'000 * kNanosPerSecond);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(table.series_count() == 1);
}

// --- Counts ------------------------------------------------------------------------------------

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

// --- Pages -------------------------------------------------------------------------------------

// Families of every kind, with labels and without.
void FillMixed(SeriesTable* table, int families, int series) {
  for (int family = 0; family < families; ++family) {
    const SeriesKind kind = kAllKinds[family % 5];
    const std::string name = "family" + std::to_string(family * 7919 % families);
    for (int i = 0; i < series; ++i) {
      std::vector<Label> labels;
      if (i > 0) labels = {{"a", std::to_string(i)}, {"b", "x\"\\\n" + std::to_string(i % 3)}};
      REQUIRE(Feed(table, kind, name, labels, family + i) == kNone);
    }
  }
}

TEST_CASE("families stand in name order, series in order of their birth", "[series_table]") {
  SeriesTable table({});
  for (const std::string name : {"b", "a_b", "a", "aB", "a0", "B"}) Feed(&table, kCounter, name);
  Feed(&table, kCounter, "a", {{"z", "1"}});
  Feed(&table, kCounter, "a", {{"b", "1"}});
  CHECK(WithoutHelp(PageOf(&table)) ==
        "# TYPE B counter\nB 1\n"
        "# TYPE a counter\na 1\na{z=\"1\"} 1\na{b=\"1\"} 1\n"
        "# TYPE a0 counter\na0 1\n"
        "# TYPE aB counter\naB 1\n"
        "# TYPE a_b counter\na_b 1\n"
        "# TYPE b counter\nb 1\n");
}

TEST_CASE("an empty table has an empty page", "[series_table]") {
  SeriesTable table({});
  CHECK(PageOf(&table).empty());
}

TEST_CASE("slices of any size make the same page", "[series_table]") {
  SeriesTable table({});
  FillMixed(&table, 25, 4);
  for (const Format format : {Format::kText, Format::kOpenMetrics}) {
    const std::string whole = PageOf(&table, format);
    for (const size_t bytes : {1, 2, 50, 99, 100, 101, 1000, 5000, 100'000}) {
      CHECK(PageOf(&table, format, 0, bytes) == whole);
    }
  }
}

TEST_CASE("a slice has little more than the bytes it may", "[series_table]") {
  SeriesTable table({});
  FillMixed(&table, 50, 20);
  for (const size_t most : {1, 1000, 4096}) {
    RenderCursor cursor;
    std::string page;
    while (!cursor.done) {
      // One series and its head may go over: the largest here has some 400 bytes.
      CHECK(AppendSlice(&table, Format::kText, 0, most, &cursor, &page) < most + 400);
    }
  }
}

TEST_CASE("a slice without time ends after a few series", "[series_table]") {
  SeriesTable table({});
  for (int i = 0; i < 1000; ++i) Feed(&table, kCounter, "c", {{"i", std::to_string(i)}});
  RenderCursor cursor;
  std::string page;
  FamilySpans spans;
  table.RenderSlice(Exposition::For(Format::kText), 0, 1 << 30, std::chrono::nanoseconds(0),
                    &cursor, &page, &spans);
  CHECK_FALSE(cursor.done);
  CHECK(LinesOf(page).size() <= 2 + 64);
  CHECK(LinesOf(page).size() > 2);
}

TEST_CASE("spans say where a slice's families end", "[series_table]") {
  SeriesTable table({});
  FillMixed(&table, 10, 3);
  RenderCursor cursor;
  while (!cursor.done) {
    std::string text;
    FamilySpans spans;
    table.RenderSlice(Exposition::For(Format::kText), 0, 700, kNoHurry, &cursor, &text, &spans);
    size_t begin = 0;
    for (size_t i = 0; i < spans.size(); ++i) {
      CHECK((i == 0 || spans[i - 1].name < spans[i].name));
      REQUIRE(spans[i].end >= begin);
      for (const std::string& line : LinesOf(text.substr(begin, spans[i].end - begin))) {
        const std::string_view name =
            line.starts_with("# ") ? std::string_view(line).substr(7) : line;
        CHECK(name.starts_with(spans[i].name));
      }
      begin = spans[i].end;
    }
    CHECK(begin == text.size());
  }
}

// A page of counters, checked line by line: how often each series was shown.
std::map<std::string, int> CountShown(const std::string& page) {
  std::map<std::string, int> shown;
  std::string family;
  for (const std::string& line : LinesOf(page)) {
    if (line.starts_with("# HELP ")) continue;
    if (line.starts_with("# TYPE ")) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      CHECK(family < name);  // in order, each once
      family = name;
      continue;
    }
    const std::string series = line.substr(0, line.rfind(' '));
    CHECK(series.substr(0, series.find('{')) == family);
    ++shown[series];
  }
  return shown;
}

TEST_CASE("a page is true while series come and go between its slices", "[series_table]") {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    SeriesTable table({});
    FakeClock clock;
    const uint16_t fleeting = table.PlanFor("fleeting", {.ttl = seconds(1)});
    const auto add = [&](int number, uint16_t plan) {
      const std::string family = "f" + std::to_string(number % 13);
      const std::string label = std::to_string(number);
      Feed(&table, kCounter, family, {{"n", label}}, 1, clock.NowNanos(), plan);
      return family + "{n=\"" + label + "\"}";
    };
    std::set<std::string> throughout;
    int number = 0;
    for (; number < 400; ++number) {
      // Some families live by fleeting series alone.
      const bool stays = random() % 3 == 0 && number % 13 < 9;
      const std::string series = add(number, stays ? 0 : fleeting);
      if (stays) throughout.insert(series);
    }
    RenderCursor cursor;
    std::string page;
    while (!cursor.done) {
      AppendSlice(&table, Format::kText, 0, 1 + random() % 300, &cursor, &page);
      for (uint32_t i = random() % 10; i > 0; --i) add(number++, random() % 2 ? fleeting : 0);
      if (random() % 4 == 0) {
        clock.Advance(random() % (2 * kNanosPerSecond));
        for (uint32_t i = random() % 20; i > 0; --i) table.Expire(clock.NowNanos(), 16);
      }
      if (number > 20'000) break;  // it must come to an end
    }
    REQUIRE(cursor.done);
    const std::map<std::string, int> shown = CountShown(page);
    for (const auto& [series, count] : shown) REQUIRE(count == 1);
    for (const std::string& series : throughout) REQUIRE(shown.count(series) == 1);
  }
}

TEST_CASE("a family that comes again as another type stays off a page it was on",
          "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("", {.ttl = seconds(1)});
  for (int i = 0; i < 4; ++i) {
    Feed(&table, kCounter, "m", {{"n", std::to_string(i)}}, 1, clock.NowNanos(), plan);
  }
  const uint16_t keep = table.PlanFor("keep", {});
  Feed(&table, kCounter, "z", {}, 1, clock.NowNanos(), keep);
  RenderCursor cursor;
  std::string page;
  for (int i = 0; i < 2; ++i) AppendSlice(&table, Format::kText, 0, 1, &cursor, &page);
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  for (int i = 0; i < 9; ++i) {
    REQUIRE(Feed(&table, kSummary, "m", {{"n", std::to_string(i)}}, 1, clock.NowNanos()) == kNone);
  }
  while (!cursor.done) AppendSlice(&table, Format::kText, 0, 1, &cursor, &page);
  CHECK(WithoutHelp(page) ==
        "# TYPE m counter\nm{n=\"0\"} 1\nm{n=\"1\"} 1\n# TYPE z counter\nz 1\n");
}

TEST_CASE("two pages at once do not disturb each other", "[series_table]") {
  SeriesTable table({});
  FillMixed(&table, 12, 5);
  const std::string whole = PageOf(&table);
  RenderCursor one, other;
  std::string page, other_page;
  while (!one.done || !other.done) {
    if (!one.done) AppendSlice(&table, Format::kText, 0, 300, &one, &page);
    if (!other.done) AppendSlice(&table, Format::kText, 0, 77, &other, &other_page);
  }
  CHECK(page == whole);
  CHECK(other_page == whole);
}

TEST_CASE("openmetrics is told when a counter's stem is another family", "[series_table]") {
  SeriesTable table({});
  Feed(&table, kCounter, "alone_total");
  Feed(&table, kCounter, "both_total");
  Feed(&table, kGauge, "both");
  Feed(&table, kGauge, "gauge_total");
  const std::string page = WithoutHelp(PageOf(&table, Format::kOpenMetrics));
  CHECK(page ==
        "# TYPE alone counter\nalone_total 1.0\n"
        "# TYPE both gauge\nboth 1.0\n"
        "# TYPE both_total unknown\nboth_total 1.0\n"
        "# TYPE gauge_total gauge\ngauge_total 1.0\n");
}

TEST_CASE("numbers of series are used again", "[series_table]") {
  SeriesTable table({});
  FakeClock clock;
  const uint16_t plan = table.PlanFor("", {.ttl = seconds(1)});
  size_t after_first = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 2000; ++i) {
      const SeriesKind kind = kAllKinds[(i + round) % 5];
      const std::string name = "r" + std::to_string(round) + "_" + std::to_string(i);
      Feed(&table, kind, name, {{"i", name}}, 1, clock.NowNanos(), plan);
    }
    CHECK(table.series_count() == 2000);
    for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
    REQUIRE(table.series_count() == 0);
    if (round == 0) after_first = table.MemoryBytes().cells;
  }
  CHECK(table.MemoryBytes().cells == after_first);
  CHECK(table.MemoryBytes().text == 0);
}

}  // namespace
}  // namespace weir
