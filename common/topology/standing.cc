#include "common/topology/standing.h"

#include <algorithm>

namespace weir {

Standing StandingRules::Next(const Standing& last, const LiveSet& alive,
                             const LiveSet& drained) const {
  const size_t nodes = alive.size();
  size_t asked = 0;
  size_t living = 0;
  for (size_t i = 0; i < nodes; ++i) {
    if (drained[i]) continue;
    ++asked;
    if (alive[i]) ++living;
  }
  const bool none_lives = living == 0 && on_down_ != OnDown::kHold;
  Standing next = AllUp(nodes);
  next.panic = asked > 0 && (none_lives || living * 100 < size_t{panic_percent_} * asked);
  for (size_t i = 0; i < nodes; ++i) {
    const bool was_up = last.in_ring[i] && !last.down[i];
    const bool up = alive[i] || (next.panic && was_up);
    next.in_ring[i] = !drained[i] && (up || on_down_ != OnDown::kRehash);
    next.down[i] = !up && on_down_ != OnDown::kRehash;
  }
  if (std::find(next.in_ring.begin(), next.in_ring.end(), true) == next.in_ring.end()) {
    next.in_ring = last.in_ring;
  }
  return next;
}

}  // namespace weir
