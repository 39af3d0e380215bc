// Homes: under which keys the series of a table came, so that their owner can be found again after
// every change of the ring.
//
// Of each series it keeps the hash of its first key. Rules and escaping can make one series of
// several keys: up to kMostKeys are kept of such a series, which is let go when every one of them
// belongs to others; one with more is never let go. Neither is one whose keys are not known, as
// after a change of `placement` or `key`, until a line of it is seen for the first time again.
//
// Memory: 8 bytes a series, and some 100 for each that has several keys.
// Thread safety: owned by one shard. Tested by tests/unit/exporter/homes_test.cc.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "exporter/ownership.h"

namespace weir {

class Homes {
 public:
  static constexpr size_t kMostKeys = 8;

  explicit Homes(std::shared_ptr<const Ownership> ownership) : ownership_(std::move(ownership)) {}

  // Another state of the ring. Forgets all keys when they are hashed otherwise there.
  void SetOwnership(std::shared_ptr<const Ownership> ownership);

  // A sample of `series`, a small number, came under a key of this hash.
  void Remember(uint32_t series, uint64_t key_hash);
  // The number may be another series' from now on.
  void Forget(uint32_t series);

  // Whether `series`, with its last sample at `touched`, is to be let go.
  bool LetsGo(uint32_t series, int64_t touched, int64_t now) const;

  size_t MemoryBytes() const;

 private:
  static constexpr uint32_t kChunkBits = 10;
  static constexpr uint32_t kChunk = 1 << kChunkBits;
  // Also what one in 2^64 keys, or 2^32 in the placements of others, hashes to: its series stays.
  static constexpr uint64_t kUnknown = 0;

  uint64_t* Find(uint32_t series) const;

  std::shared_ptr<const Ownership> ownership_;
  std::vector<std::unique_ptr<uint64_t[]>> first_;  // by series
  // All keys of a series that has several.
  absl::flat_hash_map<uint32_t, std::vector<uint64_t>> several_;
};

}  // namespace weir
