#include "exporter/memo.h"

#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr size_t kNoSeries = 0;

// `number` lands at place `start` of a table, whatever its size up to 2^32.
Memo::Entry EntryAt(uint64_t start, uint64_t number) {
  Memo::Entry entry;
  entry.hash = {start, number};
  entry.fate = Memo::Fate::kSeries;
  entry.series = static_cast<uint32_t>(number);
  return entry;
}

// Spread as hashes are.
Memo::Entry Spread(uint64_t number) {
  uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15;
  mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9;
  return EntryAt(mixed ^ mixed >> 32, number);
}

bool Knows(const Memo& memo, const Memo::Entry& entry) {
  const Memo::Entry* found = memo.Find(entry.hash);
  return found != nullptr && found->series == entry.series;
}

size_t CountKnown(const Memo& memo, uint64_t from, uint64_t to) {
  size_t known = 0;
  for (uint64_t i = from; i < to; ++i) known += Knows(memo, Spread(i));
  return known;
}

TEST_CASE("the memo gives back what it was given", "[memo]") {
  Memo memo;
  CHECK(memo.Find(Spread(1).hash) == nullptr);
  Memo::Entry entry = Spread(1);
  entry.generation = 3;
  entry.plan = 65'535;
  entry.tally = 254;
  entry.kind = 4;
  entry.owner = 255;
  entry.name_tag_errors = Memo::kMaxTagErrors;
  entry.field_tag_errors = 5;
  entry.has_labels = 1;
  entry.unmapped = 1;
  memo.Insert(entry, kNoSeries);
  const Memo::Entry* found = memo.Find(entry.hash);
  REQUIRE(found != nullptr);
  CHECK(found->generation == 3);
  CHECK(found->plan == 65'535);
  CHECK(found->tally == 254);
  CHECK(found->kind == 4);
  CHECK(found->owner == 255);
  CHECK(found->name_tag_errors == Memo::kMaxTagErrors);
  CHECK(found->field_tag_errors == 5);
  CHECK(found->has_labels == 1);
  CHECK(found->unmapped == 1);
  CHECK(memo.size() == 1);
}

TEST_CASE("both halves of the hash must be equal", "[memo]") {
  Memo memo;
  memo.Insert(EntryAt(5, 1), kNoSeries);
  CHECK(memo.Find({5, 2}) == nullptr);
  CHECK(memo.Find({5 + Memo::kMinEntries, 1}) == nullptr);
}

TEST_CASE("a stale entry is overwritten in its place", "[memo]") {
  Memo memo;
  Memo::Entry entry = Spread(1);
  memo.Insert(entry, kNoSeries);
  entry.generation = 9;
  entry.fate = Memo::Fate::kRefused;
  memo.Insert(entry, kNoSeries);
  REQUIRE(memo.Find(entry.hash) != nullptr);
  CHECK(memo.Find(entry.hash)->generation == 9);
  CHECK(memo.Find(entry.hash)->fate == Memo::Fate::kRefused);
  CHECK(memo.size() == 1);
}

TEST_CASE("the memo grows with the series and keeps what it knew", "[memo]") {
  Memo memo;
  const size_t at_first = memo.MemoryBytes();
  constexpr uint64_t kSeries = 200'000;
  for (uint64_t i = 0; i < kSeries; ++i) memo.Insert(Spread(i), i);
  CHECK(memo.MemoryBytes() > at_first);
  // At 5/8 full hardly any window of 16 overflows.
  CHECK(CountKnown(memo, 0, kSeries) >= kSeries * 999 / 1000);
  CHECK(memo.MemoryBytes() <= 8 * kSeries * sizeof(Memo::Entry));
}

TEST_CASE("an idle memo is small", "[memo]") { CHECK(Memo().MemoryBytes() <= 64 << 10); }

TEST_CASE("names that make no series can not grow the memo", "[memo]") {
  Memo memo;
  for (uint64_t i = 0; i < 1'000'000; ++i) memo.Insert(Spread(i), 100);
  CHECK(memo.size() <= 65'536);
  CHECK(memo.MemoryBytes() <= 131'072 * sizeof(Memo::Entry));
  // Who came last is still known, mostly.
  CHECK(CountKnown(memo, 999'000, 1'000'000) > 800);
}

TEST_CASE("a full memo evicts, and who was evicted is learned again", "[memo]") {
  Memo memo(1000);
  for (uint64_t i = 0; i < 5'000; ++i) memo.Insert(Spread(i), 5'000);
  CHECK(memo.size() <= 1000);
  CHECK(CountKnown(memo, 0, 5'000) == memo.size());
  // A small set that comes again and again drives the strangers out.
  for (int round = 0; round < 50; ++round) {
    for (uint64_t i = 0; i < 300; ++i) {
      if (!Knows(memo, Spread(i))) memo.Insert(Spread(i), 5'000);
    }
  }
  CHECK(CountKnown(memo, 0, 300) > 250);
}

TEST_CASE("a memo of no entries remembers nothing", "[memo]") {
  Memo memo(0);
  for (uint64_t i = 0; i < 100; ++i) memo.Insert(Spread(i), 100);
  CHECK(memo.size() == 0);
  CHECK(CountKnown(memo, 0, 100) == 0);
}

TEST_CASE("a memo of one entry never holds two", "[memo]") {
  Memo memo(1);
  for (uint64_t i = 0; i < 5'000; ++i) {
    memo.Insert(Spread(i), 5'000);
    REQUIRE(memo.size() <= 1);
    REQUIRE(CountKnown(memo, i, i + 1) <= memo.size());
  }
  CHECK(memo.size() == 1);
  CHECK(memo.MemoryBytes() == Memo().MemoryBytes());
}

TEST_CASE("what is inserted into a full memo either is found or changed nothing", "[memo]") {
  // A run of neighbours with a hole before it: an entry put behind the hole would never be found.
  Memo memo(4);
  for (uint64_t place = 11; place < 15; ++place) memo.Insert(EntryAt(place, place), 4);
  for (uint64_t number = 100; number < 150; ++number) {
    memo.Insert(EntryAt(10, number), 4);
    if (memo.Find({10, number}) != nullptr) continue;
    for (uint64_t place = 11; place < 15; ++place) CHECK(Knows(memo, EntryAt(place, place)));
  }
  CHECK(memo.size() == 4);
}

TEST_CASE("a window that is full grows the table, or gives up one of its own", "[memo]") {
  SECTION("it grows while there may be more") {
    Memo memo;
    // Their low bits differ beyond the smallest table only.
    for (uint64_t i = 0; i < 2 * Memo::kWindow; ++i) {
      memo.Insert(EntryAt(7 + i * Memo::kMinEntries, i), kNoSeries);
    }
    CHECK(memo.MemoryBytes() > Memo().MemoryBytes());
    for (uint64_t i = 0; i < 2 * Memo::kWindow; ++i) {
      CHECK(Knows(memo, EntryAt(7 + i * Memo::kMinEntries, i)));
    }
  }
  SECTION("it evicts when it may not grow") {
    Memo memo(500);
    for (uint64_t i = 0; i < 100; ++i) {
      memo.Insert(EntryAt(7, i), kNoSeries);
      CHECK(Knows(memo, EntryAt(7, i)));
    }
    CHECK(memo.size() == Memo::kWindow);
    CHECK(memo.MemoryBytes() == Memo().MemoryBytes());
  }
}

TEST_CASE("a window goes round the end of the table", "[memo]") {
  Memo memo(500);
  const uint64_t last = Memo::kMinEntries - 1;
  for (uint64_t i = 0; i < Memo::kWindow; ++i) memo.Insert(EntryAt(last, i), kNoSeries);
  for (uint64_t i = 0; i < Memo::kWindow; ++i) CHECK(Knows(memo, EntryAt(last, i)));
}

TEST_CASE("hashes that never spread keep the memo bounded", "[memo]") {
  Memo memo;
  for (uint64_t i = 0; i < 10'000; ++i) {
    memo.Insert(EntryAt(7, i), kNoSeries);
    REQUIRE(Knows(memo, EntryAt(7, i)));
  }
  CHECK(memo.size() <= Memo::kWindow);
  CHECK(memo.MemoryBytes() <= 131'072 * sizeof(Memo::Entry));
}

TEST_CASE("a cleared memo knows nothing and is small again", "[memo]") {
  Memo memo;
  for (uint64_t i = 0; i < 10'000; ++i) memo.Insert(Spread(i), 10'000);
  memo.Clear();
  CHECK(memo.size() == 0);
  CHECK(CountKnown(memo, 0, 10'000) == 0);
  CHECK(memo.MemoryBytes() == Memo().MemoryBytes());
  memo.Insert(Spread(3), 1);
  CHECK(Knows(memo, Spread(3)));
}

TEST_CASE("the memo grows to the bytes it may have and goes on within them", "[memo]") {
  const size_t most = 4 * Memo().MemoryBytes();
  size_t taken = Memo().MemoryBytes();
  Memo memo(SIZE_MAX, [&](size_t bytes) {
    if (bytes > most - taken) return false;
    taken += bytes;
    return true;
  });
  for (uint64_t i = 0; i < 50'000; ++i) memo.Insert(Spread(i), 50'000);
  CHECK(taken == most);
  CHECK(memo.MemoryBytes() == most);
  CHECK(Knows(memo, Spread(49'999)));
  CHECK(CountKnown(memo, 0, 50'000) == memo.size());
}

}  // namespace
}  // namespace weir
