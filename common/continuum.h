// Continuum: the placements `ketama`, `etsy` and `etsy-0.7`. Each living node stands at many points
// of a circle of 2^32, and a key belongs to the first point at or after its hash, around the end.
//
// Point k of a node comes from the MD5 of "host:port-k", a key's hash is the first word of its MD5
// (words as in common/md5.h):
//   ketama     40 * weight digests a node, four words of each
//   etsy       40 digests, the first word of each; 39 at 7, 14, 28, 49, 56, 98, 103, 112... living
//              nodes, because that proxy rounds down a sum of doubles that comes out below 40
//   etsy-0.7   the digests of `etsy`, four words of each
// `etsy` and `etsy-0.7` replace the broken UTF-8 of a key by U+FFFD first, as Node.js does.
// When two nodes share a point the first configured has it. (etsy's proxy gives it to the one that
// has been in the ring for longer: its answer hangs on the past, and ours must not.)
// Source: statsd's proxy.js with the npm packages hashring 3.2.0 and 1.0.1; hit9/statsd-proxy.
//
// Cost: the MD5 of the key, about 0.1 us; then 2 ns, by an index of 4 to 8 buckets a point. Built
// again for another live set: 0.02 ms with 3 nodes; with 100, 0.7 (etsy) or 1.6 (the others).
// Memory: 24 to 40 bytes a point.
// Thread safety: immutable.
// Tested by tests/unit/common/continuum_test.cc and ring_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/placement.h"

namespace weir {

class Continuum {
 public:
  struct Point {
    uint32_t value;
    uint16_t node;

    friend bool operator==(const Point&, const Point&) = default;
  };

  // REQUIRES: `placement` is one of the three; the rest as Ring's.
  Continuum(Placement placement, std::span<const RingNode> nodes, const LiveSet& live);

  uint32_t Hash(std::string_view key) const;

  // By the hash of a key: the index of its node.
  uint16_t Owner(uint32_t hash) const {
    const Point* point = points_.data() + buckets_[hash >> shift_];
    while (point->value < hash) ++point;
    return point->node;
  }

  // In order around the circle.
  std::span<const Point> points() const { return {points_.data(), points_.size() - 1}; }

 private:
  void BuildBuckets();

  bool replaces_invalid_;
  std::vector<Point> points_;  // and the first one again at the end of the circle: a lookup stops
  std::vector<uint32_t> buckets_;  // by the hash's highest bits: the first point at or after it
  int shift_;
};

}  // namespace weir
