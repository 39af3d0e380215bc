// HuluWalk: the placement `hulu`. A key's hash walks over the configured nodes in an order of its
// own, and the first living one has the key: a death moves only the dead node's keys. Nodes are
// known by their place in the list, so adding one moves nearly all keys.
//
//   hash   over the key's bytes, signed: hash * 65599 + byte, modulo 2^64 (sdbm)
//   walk   for i = N down to 1: take entry hash mod i of the list (first 0, 1, ... N-1); if it is
//          dead, swap it with entry i-1 and go on with hash = (hash * 7 + 5) / 3
// Source: statsd-router of hulu, 2017.
//
// Cost: 0.3 ns a byte, then 3 ns; 0.5 ns for each configured node when the first choice is dead.
// Thread safety: immutable.
// Tested by tests/unit/common/ring_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/placement.h"

namespace weir {

class HuluWalk {
 public:
  // REQUIRES: as Ring's.
  explicit HuluWalk(const LiveSet& live) : live_(live.begin(), live.end()) {}

  static uint64_t Hash(std::string_view key);

  // By the hash of a key: the index of its node.
  uint16_t Owner(uint64_t hash) const {
    const auto first = static_cast<uint16_t>(hash % live_.size());
    return live_[first] ? first : Walk(hash);
  }

 private:
  uint16_t Walk(uint64_t hash) const;

  std::vector<uint8_t> live_;
};

}  // namespace weir
