#include "exporter/ownership.h"

#include <algorithm>

namespace weir {

bool Ownership::SameKeys(const Ownership& other) const {
  const RingConfig& mine = ring_->config();
  const RingConfig& theirs = other.ring_->config();
  return key_ == other.key_ && mine.placement == theirs.placement &&
         mine.name_end == theirs.name_end;
}

bool Ownership::LetsGo(uint64_t key_hash, int64_t touched, int64_t now) const {
  if (now - std::max(touched, since_) <= grace_) return false;
  const uint16_t owner = ring_->OwnerOfHash(key_hash);
  if (owner == self_ || !nodes_[owner].live) return false;
  // What this node had to itself until it left the ring, the others have since then.
  return now - std::max(nodes_[owner].since, nodes_[self_].since) > grace_;
}

}  // namespace weir
