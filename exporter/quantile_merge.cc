#include "exporter/quantile_merge.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {

double NearestRank(double quantile, double total) {
  return std::clamp(std::ceil(quantile * total), 1.0, total);
}

void QuantileMerge::Clear() {
  steps_.clear();
  parts_.clear();
  merged_.clear();
  total_ = 0;
}

void QuantileMerge::Finish() {
  for (const Part& part : parts_) total_ += part.total;
  for (size_t left = steps_.size(); left > 0;) {
    OrderKey least = std::numeric_limits<OrderKey>::max();
    for (const Part& part : parts_) {
      if (part.next != part.end) least = std::min(least, steps_[part.next].key);
    }
    left -= MergeKey(least);
  }
}

size_t QuantileMerge::MergeKey(OrderKey key) {
  Step step{key, 0, 0};
  size_t moved = 0;
  for (Part& part : parts_) {
    step.below += part.next == part.end ? part.total : steps_[part.next].below;
    for (; part.next != part.end && steps_[part.next].key == key; ++part.next, ++moved) {
      part.merged = steps_[part.next].up_to;
    }
    step.up_to += part.merged;
  }
  merged_.push_back(step);
  return moved;
}

double QuantileMerge::Quantile(double quantile) const {
  const double rank = quantile * total_;
  // The first key that is more likely too far up than too far down; the one before may be nearer.
  auto step = std::partition_point(merged_.begin(), merged_.end(),
                                   [rank](const Step& s) { return s.below + s.up_to < 2 * rank; });
  if (step == merged_.end()) --step;
  if (step != merged_.begin()) {
    const auto before = step - 1;
    if (rank - before->up_to <= step->below - rank) step = before;
  }
  return FromOrderKey(step->key);
}

}  // namespace weir
