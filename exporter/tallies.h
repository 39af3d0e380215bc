// Tallies: samples of simple lines that were applied, by what each of them adds to: one count
// instead of eight. Memo::Known::tally says which; 0 is that of no series, of one with tag errors,
// or of one that stands for others.
//
// Thread safety: owned by one shard. Tested by tests/unit/exporter/ingest_conservation_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "exporter/memo.h"
#include "exporter/shard_stats.h"
#include "mapping/series_policy.h"

namespace weir {

struct Tallies {
  static uint8_t Of(const Memo::Known& known, EventKind kind);
  void AddTo(ShardStats* stats) const;

  std::array<uint64_t, 13> counts{};
};

}  // namespace weir
