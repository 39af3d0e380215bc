// QuantileSketch: the distribution of one period while samples still arrive, in bounded memory.
//
// It is the summary of Greenwald and Khanna ("Space-efficient online computation of quantile
// summaries", 2001), limited by a RankError instead of one constant: a sorted list of tuples; a
// tuple's least rank is the sum of the masses up to it, its greatest rank that plus its slack.
// Weighted samples and repeated values add a case: the mass of a tuple whose predecessor has the
// same key lies at that key exactly, so it is not limited. A sample heavier than the lightest one
// so far enters as such a pair. The least and greatest keys are exact.
//
// It works to half the error, so that Freeze, which spends the other half, leaves about 60 tuples
// (default objectives). While growing it has about 150; up to 500 for orders made to hurt.
//
// Thread safety: owned by one shard; the scratch is thread-local.
// Tested by tests/unit/exporter/quantile_sketch_test.cc and quantile_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "exporter/frozen_quantiles.h"
#include "exporter/order_key.h"
#include "exporter/quantile_merge.h"
#include "exporter/rank_error.h"

namespace weir {

class QuantileSketch {
 public:
  // Adds samples. They are sorted, no key twice, no weight 0. A total weight beyond 2^40 is not
  // taken any more.
  void Merge(std::span<const WeightedKey> samples, const RankError& error);

  // What this period leaves behind when it is over.
  FrozenQuantiles Freeze(const RankError& error) const;

  // Adds its tuples to a query as one part.
  void AppendTo(QuantileMerge* merge) const;

  // Tuples.
  size_t size() const { return tuples_.size(); }
  // Heap bytes beyond sizeof.
  size_t MemoryBytes() const;

 private:
  // Slack is packed: 6 bits of exponent, 18 of mantissa, rounded up. A slack is often derived from
  // the one derived a batch before, so fewer bits would let it drift: with 10 it doubled in 700.
  struct Tuple {
    OrderKey key;
    uint64_t mass : 40;
    uint64_t slack : 24;
  };
  static constexpr uint64_t kMantissaBits = 18;
  class Compressor;

  static uint64_t PackSlack(uint64_t slack);
  static uint64_t Slack(const Tuple& tuple);
  // Greatest rank minus least rank of the gap that ends at `tuple`.
  static uint64_t Width(const Tuple& tuple) { return tuple.mass + Slack(tuple); }
  // The slack of samples of `key` put in front of tuples_[next], packed.
  uint64_t SlackBefore(size_t next, OrderKey key) const;
  // Whether `weight` of the `added` is much for a gap of `width`.
  bool Crowded(uint64_t weight, uint64_t added, uint64_t width, uint64_t grain) const;
  // Pushes samples that lie between tuples_[next - 1] and tuples_[next].
  void PushSamples(std::span<const WeightedKey> samples, size_t next, uint64_t grain,
                   Compressor* compressor) const;

  std::vector<Tuple> tuples_;
  uint64_t total_ = 0;
  // The least weight of a sample so far: at least so much of a tuple's mass is at its key.
  uint64_t grain_ = std::numeric_limits<uint64_t>::max();
};

}  // namespace weir
