// QuantileMerge: one answer from the parts of a window: sketches, frozen periods, bare samples.
//
// Each part lists keys in order with the weight of its samples up to each (an estimate, or exact).
// The merged list knows for each key v the least weight up to v and the greatest weight below v;
// for a wanted rank it answers the key whose rank can be off by the least. When every part is
// exact, so is the answer: the smallest key whose cumulative weight reaches max(ceil(q * total),
// 1).
//
// Reusable: the memory stays. Thread safety: owned by one thread.
// Tested by tests/unit/exporter/quantile_merge_test.cc.
#pragma once

#include <cstddef>
#include <vector>

#include "exporter/order_key.h"

namespace weir {

class QuantileMerge {
 public:
  // Forgets everything.
  void Clear();

  // The following Add calls describe a further part. Its first key is the least, exactly; no
  // sample of it is lighter than `grain`.
  void BeginPart(double grain) { parts_.push_back({steps_.size(), steps_.size(), 0, 0, grain}); }
  // The weight of the part's samples <= key is `up_to`; one sample lies at key.
  // Keys and weights do not decrease.
  void Add(OrderKey key, double up_to) {
    Part& part = parts_.back();
    const double below = part.end == part.next ? 0 : up_to - part.grain;
    steps_.push_back({key, below, up_to});
    ++part.end;
    part.total = up_to;
  }
  // The same for samples known exactly: `weight` of them lie at key.
  void AddExact(OrderKey key, double weight) {
    Part& part = parts_.back();
    steps_.push_back({key, part.total, part.total + weight});
    ++part.end;
    part.total += weight;
  }

  // Merges the parts. Call once, after the last Add.
  void Finish();

  // The weight of all parts.
  double total() const { return total_; }

  // The answer for a quantile of 0..1. REQUIRES: Finish was called, total() > 0.
  double Quantile(double quantile) const;

 private:
  struct Step {
    OrderKey key;
    double below;  // most weight below key
    double up_to;  // least weight up to key
  };
  struct Part {
    size_t next;  // into steps_
    size_t end;
    double total;
    double merged;  // weight up to the last step that was merged
    double grain;
  };
  // Moves all steps of `key`, the least that is left, to merged_; returns their number.
  size_t MergeKey(OrderKey key);

  std::vector<Step> steps_;
  std::vector<Part> parts_;
  std::vector<Step> merged_;
  double total_ = 0;
};

// The rank (1..total) that answers a quantile: nearest rank.
double NearestRank(double quantile, double total);

}  // namespace weir
