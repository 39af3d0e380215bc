// Summary: the quantiles, sum and count of one series.
//
// Time is cut into age_buckets periods per max_age, at multiples of the period since time 0. The
// window of a query is the current period and the age_buckets - 1 before it, so it covers between
// (age_buckets - 1) / age_buckets and all of max_age.
//
//   at most 500 samples received in the window: exact nearest rank (weighted: the smallest value
//     whose cumulative weight reaches q * total);
//   more: every answer lies between the true values at q - e and q + e of the window;
//   none: NaN.
//
// How: the newest samples of the window, up to 500, are kept as they came (Arrivals). When the
// next one finds no room, the oldest period among them is reduced to FrozenQuantiles; if that is
// the current period, its samples move to a QuantileSketch, and from then on in batches of 256; at
// the end of the period that is frozen too. A sample is thus sorted and merged once, whatever
// age_buckets is; a query merges the parts (QuantileMerge). Parts of disjoint periods may be
// merged without loss because their error limits add up (RankError).
//
// A weight counts in full in sum and count, and up to 2^24 in the quantiles, which take no more
// once a period holds a weight of 2^40. NaN sorts after +Inf. Time is not negative; time that goes
// back counts as the current period. More than 64 age buckets count as 64.
//
// Size, default objectives: 0.2 KB at 10 samples, 4.2 KB at 500, at most 8 KB at any rate; 9 KB
// where sampling weights exceed 65,535, and less than 16 KB for orders of values made to hurt.
// Cost: Observe is a store while at most 500 samples are in the window, else about 1.2 times what
// std::sort alone would take; Quantiles sorts what is kept as it came.
//
// Thread safety: owned by one shard; scratch memory (some 60 KB) is thread-local.
// Tested by tests/unit/exporter/quantile_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "exporter/arrivals.h"
#include "exporter/frozen_quantiles.h"
#include "exporter/order_key.h"
#include "exporter/quantile_sketch.h"
#include "mapping/series_policy.h"

namespace weir {

class Summary {
 public:
  // `options` outlives the summary.
  explicit Summary(const SummaryOptions* options) : options_(options) {}

  // Adds a sample that stands for `weight` observations of `value`; weight 0 is nothing.
  void Observe(double value, uint64_t weight, int64_t now_nanos) {
    if (weight == 0) return;
    if (now_nanos >= period_end_) Turn(now_nanos);
    sum_ += value * static_cast<double>(weight);
    count_ = count_ + weight < count_ ? std::numeric_limits<uint64_t>::max() : count_ + weight;
    if (arrivals_.full()) MakeRoom();
    arrivals_.Append(ToOrderKey(value), weight, slot_);
  }

  // Writes the answer for each objective, in the order of the options. REQUIRES: as many in `out`.
  void Quantiles(int64_t now_nanos, std::span<double> out);

  // Forgets the window, as if it had passed; sum and count stay. False when it was empty already.
  bool LetGo();

  // Adds observations that another one made of: to sum and count, not to the quantiles.
  void AddTotals(double sum, uint64_t count) {
    sum_ += sum;
    count_ += count;
  }

  // Of all observations ever.
  double sum() const { return sum_; }
  uint64_t count() const { return count_; }

  // With the heap, as an allocation of its own.
  size_t MemoryBytes() const;

 private:
  // Exists while more samples were received in the window than are kept as they came.
  struct Reduced {
    QuantileSketch current;                      // of the current period
    std::unique_ptr<FrozenQuantiles[]> periods;  // by slot
  };

  uint32_t periods() const;
  uint32_t SlotAfter(uint32_t slot) const { return slot + 1 == periods() ? 0 : slot + 1; }
  // Whether samples of the current period are in the sketch already.
  bool sketching() const { return reduced_ && reduced_->current.size() > 0; }
  // Moves on to the period of `now_nanos` and forgets what leaves the window.
  void Turn(int64_t now_nanos);
  void Forget(uint32_t slot);
  // Ends with !arrivals_.full().
  void MakeRoom();
  uint32_t SketchBatch() const;
  void Reduce();
  void MoveToSketch();
  void FreezeRun(uint32_t slot);
  void ExactQuantiles(std::span<double> out) const;
  void MergedQuantiles(std::span<double> out) const;

  const SummaryOptions* options_;
  double sum_ = 0;
  uint64_t count_ = 0;
  int64_t period_end_ = std::numeric_limits<int64_t>::min();
  Arrivals arrivals_;
  uint32_t slot_ = 0;  // of the current period
  std::unique_ptr<Reduced> reduced_;
};

}  // namespace weir
