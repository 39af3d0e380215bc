// Ownerships for tests: nodes with one-letter labels, of which the first is the exporter itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/ring.h"
#include "exporter/ownership.h"

namespace weir {

struct MadeOwnership {
  std::string nodes;      // their labels, that of the exporter first
  std::string dead = {};  // labels of those that are not in the ring
  KeyKind key = KeyKind::kName;
  Placement placement = Placement::kSlots;
  int64_t since = 0;
  std::chrono::seconds grace{30};
};

inline std::shared_ptr<const Ownership> OwnershipOf(const MadeOwnership& made) {
  RingConfig config{.placement = made.placement, .nodes = {}, .shard_map = {}};
  LiveSet live;
  std::vector<OwnershipNode> nodes;
  for (const char label : made.nodes) {
    config.nodes.push_back({std::string(1, label), std::string(1, label) + ":1", 1});
    live.push_back(made.dead.find(label) == made.dead.npos);
    nodes.push_back({live.back(), made.since});
  }
  return std::make_shared<const Ownership>(std::make_shared<const Ring>(config, live), made.key,
                                           nodes, 0, made.since, made.grace);
}

// A name that belongs to the node at `index`.
inline std::string NameOwnedBy(const Ownership& ownership, uint16_t index,
                               std::string_view prefix = "n") {
  for (int i = 0;; ++i) {
    const std::string name = std::string(prefix) + std::to_string(i);
    if (ownership.ring().Owner(name) == index) return name;
  }
}

}  // namespace weir
