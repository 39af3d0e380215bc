// What series become as bytes, and what the bytes become.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <vector>

#include "common/scoped_fd.h"
#include "exporter/storage/state_writer.h"
#include "exporter/storage/stored_state.h"
#include "tests/support/admission.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr int64_t kNow = 1000 * kNanosPerSecond;

// Every series of a table as a frame.
std::string FrameOf(const SeriesTable& table, int64_t now = kNow, uint8_t shard = 0,
                    bool named = true) {
  StateWriter writer(shard);
  uint32_t next = 0;
  REQUIRE(table.VisitSlice(&next, std::chrono::hours(1), [&](const SeriesView& view) {
    writer.AddValue(view, named, now);
    return true;
  }));
  return writer.Take(now);
}

std::string LogOf(const std::vector<std::string>& frames, uint64_t run = 1) {
  std::string bytes = FileHead() + OriginFrame(FileKind::kLog, run, 1);
  for (const std::string& frame : frames) bytes += frame;
  return bytes;
}

FrameEnd Read(StoredState* state, std::string_view bytes, FileKind kind = FileKind::kLog) {
  const ScopedFd file(memfd_create("state", MFD_CLOEXEC));
  REQUIRE(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  REQUIRE(lseek(file.get(), 0, SEEK_SET) == 0);
  return state->Read(file.get(), kind);
}

std::vector<const StoredSeries*> Live(const StoredState& state) {
  std::vector<const StoredSeries*> live;
  for (const StoredSeries& series : state.series()) {
    if (series.live) live.push_back(&series);
  }
  return live;
}

// A table with one series, of which a test writes several values.
struct One {
  explicit One(SeriesKind of) : kind(of) {}
  std::string After(double value, int64_t now = kNow) {
    REQUIRE(Feed(&table, kind, "one", {{"a", "b"}}, value, now) == Refusal::kNone);
    return FrameOf(table, now);
  }
  const SeriesKind kind;
  SeriesTable table{{}};
};

TEST_CASE("each kind of series is read as it was written", "[storage]") {
  SeriesTable table({});
  const uint16_t plan = table.PlanFor("some rule", {.ttl = std::chrono::seconds(60)});
  const int64_t touched = kNow - 3 * kNanosPerSecond;
  for (int i = 0; i < 2; ++i) {
    Feed(&table, kCounter, "c", {{"x", "a\"b\\c\nd"}}, 0x1p53, touched, plan);
    Feed(&table, kCounter, "c", {{"x", "a\"b\\c\nd"}}, 0.5, touched, plan);
  }
  Feed(&table, kCounter, "c", {{"x", "a\"b\\c\nd"}}, 1, touched, plan);
  Feed(&table, kGauge, "g", {}, -7.25, touched);
  for (const double value : {1.5, 2.5, -3.0}) {
    Feed(&table, kSummary, "s", {}, value, touched);
    Feed(&table, kHistogram, "h", {}, value, touched);
  }
  Feed(&table, kSet, "not_stored", {}, 1, touched);

  StoredState state;
  REQUIRE(Read(&state, LogOf({FrameOf(table)})) == FrameEnd::kEnd);
  const auto live = Live(state);
  REQUIRE(live.size() == 4);
  const StoredSeries& counter = *live[0];
  CHECK(counter.family == "c");
  CHECK(counter.labels == R"(x="a\"b\\c\nd")");
  CHECK(counter.counter.whole == (uint64_t{1} << 54) + 1);
  CHECK(counter.counter.fraction == 1);
  CHECK(counter.touched == touched);
  CHECK(state.rules()[counter.rule].identity == "some rule");
  CHECK(state.rules()[counter.rule].ttl == std::chrono::seconds(60));
  CHECK(live[1]->gauge == -7.25);
  CHECK(state.rules()[live[1]->rule].identity.empty());
  CHECK(live[2]->sum == 1);
  CHECK(live[2]->count == 3);
  const StoredHistogram& histogram = *live[3]->histogram;
  CHECK(histogram.bounds == std::vector<double>{1, 5});
  CHECK(histogram.counts == std::vector<uint64_t>{1, 2});
  CHECK(histogram.sum == 1);
  CHECK(histogram.count == 3);
  REQUIRE(histogram.native != nullptr);
  CHECK(histogram.native->positive().size() == 2);
  CHECK(histogram.native->negative().size() == 1);
  CHECK(state.written_wall() > 0);
}

TEST_CASE("of counts the greatest is taken, whatever the order of the files", "[storage]") {
  for (const SeriesKind kind : {kCounter, kSummary, kHistogram}) {
    One one(kind);
    const std::string older = one.After(3);
    const std::string newer = one.After(4);
    for (const auto& frames : {std::vector{older, newer}, std::vector{newer, older}}) {
      StoredState state;
      REQUIRE(Read(&state, LogOf(frames)) == FrameEnd::kEnd);
      REQUIRE(Live(state).size() == 1);
      const StoredSeries& series = *Live(state)[0];
      if (kind == kCounter) CHECK(series.counter.value() == 7);
      if (kind == kSummary) CHECK(series.count == 2);
      if (kind == kHistogram) CHECK(series.histogram->count == 2);
    }
  }
}

TEST_CASE("of gauges the one that was touched last is taken", "[storage]") {
  One one(kGauge);
  const std::string older = one.After(9, kNow);
  const std::string newer = one.After(4, kNow + kNanosPerSecond);
  for (const auto& frames : {std::vector{older, newer}, std::vector{newer, older}}) {
    StoredState state;
    REQUIRE(Read(&state, LogOf(frames)) == FrameEnd::kEnd);
    CHECK(Live(state)[0]->gauge == 4);
  }
}

TEST_CASE("a series is known by its number once it was named", "[storage]") {
  One one(kCounter);
  const std::string named = one.After(1);
  one.After(2);
  const std::string unnamed = FrameOf(one.table, kNow, 0, false);
  StoredState state;
  REQUIRE(Read(&state, LogOf({named, unnamed})) == FrameEnd::kEnd);
  CHECK(Live(state)[0]->counter.value() == 3);
  // In another run, and in another shard, the number means another series.
  const std::string elsewhere = FrameOf(one.table, kNow, 1, false);
  REQUIRE(Read(&state, LogOf({elsewhere})) == FrameEnd::kEnd);
  REQUIRE(Read(&state, LogOf({unnamed}, 2)) == FrameEnd::kEnd);
  CHECK(Live(state).size() == 1);
  CHECK(state.nameless() == 2);
}

TEST_CASE("what was forgotten is gone, and what came again is not", "[storage]") {
  SeriesTable table({});
  const uint16_t plan = table.PlanFor("", {.ttl = std::chrono::seconds(1)});
  const auto forgotten = [&] {
    StateWriter writer(0);
    uint32_t next = 0;
    table.VisitSlice(&next, std::chrono::hours(1), [&](const SeriesView& view) {
      writer.AddForgotten(view, true);
      return true;
    });
    return writer.Take(kNow);
  };
  Feed(&table, kCounter, "one", {}, 5, kNow, plan);
  const std::string first = FrameOf(table);
  const std::string first_gone = forgotten();
  table.Expire(kNow + 9 * kNanosPerSecond, 1);
  table.Expire(kNow + 9 * kNanosPerSecond, 1);
  REQUIRE(table.series_count() == 0);
  Feed(&table, kCounter, "one", {}, 2, kNow, plan);
  const std::string second = FrameOf(table);

  const auto live_after = [&](const std::vector<std::string>& frames) {
    StoredState state;
    REQUIRE(Read(&state, LogOf(frames)) == FrameEnd::kEnd);
    const auto live = Live(state);
    return live.empty() ? 0 : live[0]->counter.value();
  };
  CHECK(live_after({first, first_gone}) == 0);
  CHECK(live_after({first, first_gone, second}) == 2);
  // A snapshot may have the second one while a log still tells of the first.
  CHECK(live_after({second, first, first_gone}) == 2);
  CHECK(live_after({first_gone, first}) == 0);
}

TEST_CASE("a later run's value takes the place of an earlier one's, also a smaller one",
          "[storage]") {
  One before(kCounter), after(kCounter);
  StoredState state;
  REQUIRE(Read(&state, LogOf({before.After(100)}, 1)) == FrameEnd::kEnd);
  REQUIRE(Read(&state, LogOf({after.After(7)}, 2)) == FrameEnd::kEnd);
  REQUIRE(Live(state).size() == 1);
  CHECK(Live(state)[0]->counter.value() == 7);
}

TEST_CASE("after a loss counts are not to be trusted until a later value is read", "[storage]") {
  SeriesTable table({});
  Feed(&table, kCounter, "c1", {}, 5, kNow);
  Feed(&table, kCounter, "c2", {}, 5, kNow);
  Feed(&table, kGauge, "g", {}, 5, kNow);
  StoredState state;
  REQUIRE(Read(&state, LogOf({FrameOf(table)})) == FrameEnd::kEnd);
  state.Distrust();
  SeriesTable later({});
  Feed(&later, kCounter, "c1", {}, 3, kNow);
  REQUIRE(Read(&state, LogOf({FrameOf(later)})) == FrameEnd::kEnd);
  std::vector<bool> trusted;
  for (const StoredSeries* series : Live(state)) trusted.push_back(series->trusted);
  CHECK(trusted == std::vector<bool>{true, false, true});
}

TEST_CASE("a snapshot without its end, and a file of the other kind, are not whole", "[storage]") {
  One one(kCounter);
  const std::string start = FileHead() + OriginFrame(FileKind::kSnapshot, 1, 1) + one.After(1);
  StoredState state;
  CHECK(Read(&state, start, FileKind::kSnapshot) == FrameEnd::kTorn);
  CHECK(Read(&state, start + EndFrame(), FileKind::kSnapshot) == FrameEnd::kEnd);
  CHECK(Read(&state, start + EndFrame(), FileKind::kLog) == FrameEnd::kDamaged);
  CHECK(Read(&state, FileHead(), FileKind::kLog) == FrameEnd::kTorn);
}

TEST_CASE("native buckets that no value is in are damage", "[storage]") {
  SeriesPolicy policy = PolicyOf(kHistogram);
  HistogramOptions options = *policy.histogram;
  options.native_bucket_factor = 1.001;  // the finest schema, so that indices stay as they are
  policy.histogram = Intern(options);
  const std::vector<uint64_t> counts(options.buckets.size());
  constexpr int32_t kMost = NativeHistogram::kMostIndex;
  for (const int32_t index : {-kMost, kMost, -kMost - 1, kMost + 1, INT32_MIN, INT32_MAX}) {
    const NativeHistogram native(NativeHistogram::kMaxSchema, 0, {{index, 1}}, {});
    const SeriesState value = {
        .kind = kHistogram,
        .histogram = {
            .bounds = options.buckets, .counts = counts, .sum = 1, .count = 1, .native = &native}};
    SeriesTable table({});
    REQUIRE(table.Merge("h", {}, policy, value, 0, MergedFrom::kStorage).empty());
    const bool possible = index >= -kMost && index <= kMost;
    StoredState state;
    CAPTURE(index);
    CHECK(Read(&state, LogOf({FrameOf(table)})) ==
          (possible ? FrameEnd::kEnd : FrameEnd::kDamaged));
  }
}

TEST_CASE("nothing that stands in a frame crashes the reader", "[storage]") {
  SeriesTable table({});
  for (const SeriesKind kind : {kCounter, kGauge, kSummary, kHistogram}) {
    Feed(&table, kind, "m" + std::to_string(static_cast<int>(kind)), {{"a", "b"}}, 2, kNow);
  }
  const std::string frame = FrameOf(table);
  const std::string payload = frame.substr(16);
  std::minstd_rand random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = payload.substr(0, payload.size() - random() % 3);
    for (uint32_t change = random() % 4; change > 0; --change) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    std::string bytes = LogOf({});
    AppendFrame(bad, &bytes);
    StoredState state;
    const FrameEnd end = Read(&state, bytes);
    REQUIRE((end == FrameEnd::kEnd || end == FrameEnd::kDamaged));
  }
}

}  // namespace
}  // namespace weir
