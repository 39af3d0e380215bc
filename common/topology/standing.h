// Standing: which downstreams take part in placement, and whose lines are dropped or held.
//
// The rules, for nodes that the operator has not drained:
//   rehash      the dead leave the ring
//   drop, hold  the ring stays, and the dead are `down`
//   panic       while fewer than `threshold` percent are alive, deaths change nothing and returns
//               still do: the probes are more likely wrong than the nodes. The threshold is passed
//               by itself when none is alive, except with hold, which has a better answer.
// Drained nodes leave the ring in any case. When nobody would be left in it, it stays as it was.
//
// Pure. Thread safety: as plain values. Tested by tests/unit/common/topology/standing_test.cc.
#pragma once

#include <cstdint>

#include "common/placement.h"
#include "common/topology/config_words.h"

namespace weir {

struct Standing {
  LiveSet in_ring;  // never empty, for any number of nodes but zero
  LiveSet down;     // all false with rehash
  bool panic = false;

  friend bool operator==(const Standing&, const Standing&) = default;
};

class StandingRules {
 public:
  StandingRules(OnDown on_down, uint32_t panic_percent)
      : on_down_(on_down), panic_percent_(panic_percent) {}

  // All nodes alive and none drained.
  static Standing AllUp(size_t nodes) { return {LiveSet(nodes, true), LiveSet(nodes, false)}; }

  // What follows `last`, of the same nodes.
  Standing Next(const Standing& last, const LiveSet& alive, const LiveSet& drained) const;

 private:
  OnDown on_down_;
  uint32_t panic_percent_;
};

}  // namespace weir
