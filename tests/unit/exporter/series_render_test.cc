// SeriesTable: its page, whole and in slices.
#include <algorithm>
#include <map>
#include <random>
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
  table.Reserve("own_seconds");
  Feed(&table, kCounter, "own_seconds_total");
  const std::string page = WithoutHelp(PageOf(&table, Format::kOpenMetrics));
  CHECK(page ==
        "# TYPE alone counter\nalone_total 1.0\n"
        "# TYPE both gauge\nboth 1.0\n"
        "# TYPE both_total unknown\nboth_total 1.0\n"
        "# TYPE gauge_total gauge\ngauge_total 1.0\n"
        "# TYPE own_seconds_total unknown\nown_seconds_total 1.0\n");
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
