// Ownership: whose the series are, as one state of the ring says it: the placement, who lives and
// since when, and which node this exporter is.
//
// A series is let go when all of this has been so for a grace period: its key belongs to another
// node, that node lives and takes part, the configuration says so, and no sample came. So what two
// routers that learn of an event one after the other send meanwhile does no harm, and neither does
// a node that seems to return for a moment.
//
// Immutable: made by Membership, shared by all shards, replaced whole.
// Cost of a question: `slots` 1 ns beside the memory it reads (512 KiB, one for all shards).
// Thread safety: immutable; any thread. Tested by tests/unit/exporter/ownership_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "common/ring.h"
#include "common/topology/config_words.h"

namespace weir {

struct OwnershipNode {
  bool live = true;   // alive and in the ring
  int64_t since = 0;  // when `live` last changed, by the clock of the shards
};

class Ownership {
 public:
  // REQUIRES: `nodes` has one for each of the ring's; `self` is the index of one. `since` is when
  // the configuration came into force.
  Ownership(std::shared_ptr<const Ring> ring, KeyKind key, std::vector<OwnershipNode> nodes,
            uint16_t self, int64_t since, std::chrono::nanoseconds grace)
      : ring_(std::move(ring)),
        key_(key),
        nodes_(std::move(nodes)),
        self_(self),
        since_(since),
        grace_(grace.count()) {}

  const Ring& ring() const { return *ring_; }
  KeyKind key() const { return key_; }
  const std::vector<OwnershipNode>& nodes() const { return nodes_; }
  uint16_t self() const { return self_; }

  // Whether both hash keys alike (Ring::HashOf of SampleKey): a hash kept for one is good for the
  // other.
  bool SameKeys(const Ownership& other) const;

  // Whether a series under a key of this hash, with its last sample at `touched`, is to be let go.
  bool LetsGo(uint64_t key_hash, int64_t touched, int64_t now) const;

 private:
  const std::shared_ptr<const Ring> ring_;
  const KeyKind key_;
  const std::vector<OwnershipNode> nodes_;
  const uint16_t self_;
  const int64_t since_;
  const int64_t grace_;
};

}  // namespace weir
