#include "exporter/series_table.h"

#include <map>
#include <set>
#include <string>

#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

using std::chrono::seconds;

constexpr Refusal kNone = Refusal::kNone;
constexpr Refusal kConflict = Refusal::kConflict;

// What becomes of `second` in a table that has `first` already.
Refusal After(SeriesKind first_kind, std::string_view first, SeriesKind second_kind,
              std::string_view second, const std::vector<Label>& labels = {}) {
  SeriesTable table({});
  REQUIRE(Feed(&table, first_kind, first) == kNone);
  return Feed(&table, second_kind, second, labels);
}

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

}  // namespace
}  // namespace weir
