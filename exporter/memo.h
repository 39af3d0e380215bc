// Memo: what a shard remembers of the samples it has seen, so that only a first sight is slow.
//
// Maps the 128-bit hash of (raw name, type, label fields) to the shard that owns the series and,
// when that is this shard, to the series itself. Open addressing, 32 bytes an entry, which stands
// anywhere in a window of kWindow: all are looked at before a hash counts as unknown, so any of
// them may be evicted. It grows with the number of series and no further: names that are dropped or
// tags that are permuted evict each other instead of growing it.
//
// An entry may be stale: the caller compares its generation with the table's, and overwrites it.
// Thread safety: owned by one shard. Entries move on Insert.
// Tested by tests/unit/exporter/memo_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/hash.h"

namespace weir {

class Memo {
 public:
  enum class Fate : uint8_t {
    kEmpty,    // no entry
    kSeries,   // apply to `series`
    kForeign,  // hand to shard `owner`
    kDropped,  // a rule says drop
    kRefused,  // not admitted; holds while the table's epoch is `generation`
  };

  // What is known of a sample.
  struct Known {
    uint32_t series = 0;
    uint32_t generation = 0;  // of the series; of the table when kRefused
    uint16_t plan = 0;        // the series table's
    uint8_t tally = 0;        // the owner's: which samples count alike; 0: it is on its own
    uint8_t kind = 0;         // SeriesKind when kSeries
    uint8_t owner = 0;
    Fate fate = Fate::kEmpty;
    // Refusal when kRefused. When kSeries: that for which `series` is not its own but stands for
    // it.
    uint8_t refusal = 0;
    uint8_t name_tag_errors : 3 = 0;  // what is counted each time such a line comes
    uint8_t field_tag_errors : 3 = 0;
    uint8_t has_labels : 1 = 0;
    uint8_t unmapped : 1 = 0;
  };

  // With a hole it would be copied in overlapping pieces, and read back before they are stored.
  static_assert(sizeof(Known) == 16);

  struct Entry : Known {
    Hash128 hash;
  };
  static_assert(sizeof(Entry) == 32);

  // More errors than fit are not remembered: such lines take the slow way every time.
  static constexpr uint32_t kMaxTagErrors = 7;
  static constexpr size_t kWindow = 16;
  static constexpr size_t kMinEntries = 1024;

  // `most` bounds the entries, whatever the number of series; 0 remembers nothing. `may_take` is
  // asked before it grows by so many bytes, which are its own when that says yes; empty: always.
  explicit Memo(size_t most = SIZE_MAX, std::function<bool(size_t bytes)> may_take = {});

  void Prefetch(const Hash128& hash) const { __builtin_prefetch(&entries_[hash.low & mask_]); }

  // The entry of `hash`, or null.
  const Entry* Find(const Hash128& hash) const {
    const size_t start = hash.low & mask_;
    for (size_t i = 0; i < kWindow; ++i) {
      const Entry& entry = entries_[(start + i) & mask_];
      if (entry.hash == hash && entry.fate != Fate::kEmpty) return &entry;
    }
    return nullptr;
  }

  // Remembers `entry` (by entry.hash), growing while fewer than twice `series_count` entries.
  void Insert(const Entry& entry, size_t series_count);

  void Clear();

  size_t size() const { return size_; }
  size_t MemoryBytes() const { return (mask_ + 1) * sizeof(Entry); }

 private:
  struct Unmapper {
    size_t bytes;
    void operator()(Entry* entries) const;
  };

  void Allocate(size_t entry_count);
  void Grow();
  // The place for `hash` in its window: its own or an empty one; null when the window is full.
  Entry* Place(const Hash128& hash);
  // Who of the window of `hash` goes; null when nobody is there.
  Entry* Victim(const Hash128& hash);

  const size_t most_;
  const std::function<bool(size_t bytes)> may_take_;
  size_t mask_ = 0;
  size_t size_ = 0;
  size_t victim_ = 0;  // walks through the window, so that evictions spread
  std::unique_ptr<Entry[], Unmapper> entries_{nullptr, Unmapper{0}};
};

}  // namespace weir
