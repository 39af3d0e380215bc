// Placement: the rules by which a key finds its node, and what an operator says about the nodes.
//
// `slots` is ours; the others place every key where the router of that name places it, so that one
// can be replaced by the other without a series changing its node.
// Thread safety: as plain values.
// Tested by tests/unit/common/ring_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class Placement : uint8_t {
  kSlots,       // common/slot_table.h
  kKetama,      // hit9/statsd-proxy and libketama: 160 points a node and weight
  kEtsy,        // the proxy of statsd 0.8 and later: 40 points a node
  kEtsy07,      // the proxy of statsd up to 0.7: 160 points a node
  kHulu,        // common/hulu_walk.h
  kStatsrelay,  // uber's and lyft's: MurmurHash3 modulo a table of shards
};

// As configurations spell them: slots, ketama, etsy, etsy-0.7, hulu, statsrelay.
std::string_view PlacementName(Placement placement);
std::optional<Placement> ParsePlacement(std::string_view name);

// Where the name ends that `statsrelay` hashes: at the first ':' (uber) or at the last one before
// the first '|' (lyft).
enum class NameEnd : uint8_t { kFirst, kLast };

struct RingNode {
  static constexpr uint32_t kMaxWeight = 10000;

  std::string label;    // who it is to `slots`
  std::string address;  // host:port as configured, who it is to `ketama`, `etsy` and `etsy-0.7`
  // Heeded by `slots` and `ketama`, where each unit costs 160 points: 5 KiB and 15 us of building.
  uint32_t weight = 1;
};

struct RingConfig {
  static constexpr size_t kMaxNodes = 4096;

  Placement placement = Placement::kSlots;
  std::vector<RingNode> nodes;
  // `statsrelay`: for each shard the index of its node. Empty: a shard for each node.
  std::vector<uint16_t> shard_map;
  NameEnd name_end = NameEnd::kFirst;
};

// By node index: whether it takes part.
using LiveSet = std::vector<bool>;

}  // namespace weir
