// KeyMemo: remembers the keys of lines that were seen before, so that only a first sight is slow.
//
// Maps the 128-bit hash of what decides a key to that key. Of fixed size: sets of kWays entries, 32
// bytes an entry; in a set that is full a new key takes the place of an old one, so that names
// without end evict each other and nothing grows. Pages cost nothing until they are used.
// Thread safety: one thread. Lifetimes: a key is good until the next Insert.
// Tested by tests/unit/router/key_memo_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/hash.h"

namespace weir {

class KeyMemo {
 public:
  using Key = std::array<char, 16>;

  static constexpr size_t kWays = 8;
  // 8 MiB when all are used.
  static constexpr size_t kUsualEntries = size_t{1} << 18;

  // REQUIRES: a power of two, at least kWays.
  explicit KeyMemo(size_t entries = kUsualEntries);

  // Null: not known.
  const Key* Find(const Hash128& hash) const {
    const Entry* const set = SetOf(hash);
    for (size_t i = 0; i < kWays; ++i) {
      const Entry& entry = set[(hash.high + i) % kWays];
      if (entry.hash == hash) return &entry.key;
    }
    return nullptr;
  }

  // REQUIRES: it is not there.
  const Key& Insert(const Hash128& hash, const Key& key);

 private:
  // Zero, which no text has for a hash, when it is free.
  struct Entry {
    Hash128 hash;
    Key key;
  };
  static_assert(sizeof(Entry) == 32);

  struct Unmapper {
    size_t bytes;
    void operator()(Entry* entries) const;
  };
  using EntriesPtr = std::unique_ptr<Entry[], Unmapper>;

  static EntriesPtr Allocate(size_t entries);

  // Half of the bits choose the set, the others where in it a search begins.
  Entry* SetOf(const Hash128& hash) const { return &entries_[(hash.low & set_mask_) * kWays]; }

  const size_t set_mask_;
  const EntriesPtr entries_;
};

}  // namespace weir
