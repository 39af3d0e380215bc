// FrozenQuantiles: the distribution of a period that is over: 12 bytes a tuple (key, rank).
//
// A rank is the middle of where it may be, kept as a 2^-32 fraction of the total. Tuples are
// dropped while rank(b) - grain - rank(a) + max(slack(a), slack(b)) of neighbours a, b stays within
// the RankError; the least and the greatest key always stay.
//
// Thread safety: immutable. Tested by tests/unit/exporter/quantile_sketch_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "exporter/order_key.h"
#include "exporter/quantile_merge.h"
#include "exporter/rank_error.h"

namespace weir {

// A key and the weight of all samples up to it: from `least` to `least + slack`.
struct RankedKey {
  OrderKey key;
  double least;
  double slack;
};

class FrozenQuantiles {
 public:
  // Nothing.
  FrozenQuantiles() = default;
  // `tuples` is sorted by key and by rank; the slack of the first and the last is 0. At least
  // `grain` of the weight up to a tuple lies at its key, and where two or more tuples have one key,
  // all the weight between them. It is overwritten.
  FrozenQuantiles(std::span<RankedKey> tuples, double grain, const RankError& error);

  bool empty() const { return size_ == 0; }
  void AppendTo(QuantileMerge* merge) const;
  // Heap bytes beyond sizeof.
  size_t MemoryBytes() const;

 private:
  const uint32_t* fractions() const;

  // Total and grain (as the bits of doubles), size_ keys, size_ fractions of 32 bits.
  std::unique_ptr<int64_t[]> block_;
  size_t size_ = 0;
};

}  // namespace weir
