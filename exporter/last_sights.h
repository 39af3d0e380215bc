// LastSights: what the memo can not remember of the latest samples: those with more tag errors than
// fit there, and counters that would go down, which say nothing of the next sample of their name.
//
// A line may have thousands of values behind thousands of bad tags; without this each of them would
// be a first sight of them all. One entry for each type and sign there can be in a line.
// Thread safety: owned by one shard. Tested by tests/unit/exporter/ingest_sights_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/hash.h"
#include "common/sample.h"
#include "exporter/memo.h"

namespace weir {

class LastSights {
 public:
  struct Sight {
    Hash128 hash;
    Memo::Known known;  // fate kEmpty: there is none
    // Tag errors beyond those that `known` counts.
    uint32_t name_excess = 0;
    uint32_t field_excess = 0;
  };

  // That of such a sample, or null.
  const Sight* Find(const Sample& sample, const Hash128& hash) const {
    const Sight& sight = sights_[PlaceOf(sample)];
    return sight.known.fate != Memo::Fate::kEmpty && sight.hash == hash ? &sight : nullptr;
  }
  void Keep(const Sample& sample, const Sight& sight) { sights_[PlaceOf(sample)] = sight; }
  void Clear() { sights_ = {}; }

 private:
  static size_t PlaceOf(const Sample& sample) {
    return 2 * static_cast<size_t>(sample.type) + (sample.value < 0);
  }

  std::array<Sight, 8> sights_{};
};

}  // namespace weir
