// Ring: which node a key belongs to, from the configuration and the set of living nodes alone,
// never from what happened before: every router that knows the same finds the same node.
//
// Immutable: when a node dies or returns, make another ring and replace the old one whole. When all
// are dead, keep the last ring.
// `statsrelay` has no failover, as its model has none: a dead node keeps its shards. With all
// others the owner is alive.
//
// Cost of a lookup: `slots` 1 ns + XXH3 of the key; others as their headers say.
// Thread safety: immutable; any thread.
// Tested by tests/unit/common/ring_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/continuum.h"
#include "common/hash.h"
#include "common/hulu_walk.h"
#include "common/placement.h"
#include "common/slot_table.h"

namespace weir {

class Ring {
 public:
  // REQUIRES: 1 to RingConfig::kMaxNodes nodes, their labels distinct, their weights 1 to
  // RingNode::kMaxWeight; `live` has an entry for each and at least one is true; the shard map
  // names nodes that exist.
  Ring(RingConfig config, LiveSet live);

  // The ring of the same configuration for another live set; cheaper than a new one for `slots`.
  // REQUIRES: as above.
  Ring WithLive(LiveSet live) const;

  // The index of the node, in the order configured. `key` as KeyReader reads it (common/key.h).
  uint16_t Owner(std::string_view key) const { return OwnerAt(Find(key)); }

  // Owner in two steps, for many keys in a row: Find begins to fetch what OwnerAt reads. In between
  // other keys are found, 16 say, so that no one waits for memory.
  struct Found {
    uint64_t value;
  };
  Found Find(std::string_view key) const {
    if (const auto* slots = std::get_if<SlotTable>(&table_)) [[likely]] {
      const uint64_t hash = PublicHash64(key);
      slots->Prefetch(hash);
      return {hash};
    }
    return {PeerOwner(key)};
  }
  uint16_t OwnerAt(Found found) const {
    if (const auto* slots = std::get_if<SlotTable>(&table_)) [[likely]] {
      return slots->Owner(found.value);
    }
    return static_cast<uint16_t>(found.value);
  }

  // Owner for who keeps 8 bytes instead of the key: the hash of a key is the same in every ring of
  // the same placement, whoever is in it and lives. OwnerOfHash(HashOf(key)) == Owner(key).
  uint64_t HashOf(std::string_view key) const;
  uint16_t OwnerOfHash(uint64_t hash) const;

  const RingConfig& config() const { return config_; }
  const LiveSet& live() const { return live_; }

  // Two routers with the same fingerprint place every key alike (as long as they read keys alike).
  // A hash of the placement, of each node's label and weight and whether it lives, and of what else
  // the placement hangs on: addresses (`ketama`, `etsy`), the order of nodes (`hulu`,
  // `statsrelay`), the shard map and the name's end (`statsrelay`). The same on every machine.
  uint64_t Fingerprint() const { return fingerprint_; }
  // In 16 hexadecimal digits.
  std::string FingerprintText() const;

 private:
  // Murmur3 of the key modulo their number: shard -> node.
  using Shards = std::vector<uint16_t>;
  using Table = std::variant<SlotTable, Continuum, HuluWalk, Shards>;

  Ring(RingConfig config, LiveSet live, Table table);
  static void Check(const RingConfig& config, const LiveSet& live);
  static Table MakeTable(const RingConfig& config, const LiveSet& live);
  uint16_t PeerOwner(std::string_view key) const;

  RingConfig config_;
  LiveSet live_;
  Table table_;
  uint64_t fingerprint_;
};

}  // namespace weir
