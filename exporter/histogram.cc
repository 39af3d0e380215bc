#include "exporter/histogram.h"

#include <algorithm>

namespace weir {

Histogram::Histogram(const HistogramOptions* options)
    : options_(options), counts_(new uint64_t[options->buckets.size()]()) {
  if (options->native_bucket_factor > 1) {
    native_.emplace(options->native_bucket_factor, options->native_max_buckets);
  }
}

void Histogram::Observe(double value, uint64_t weight) {
  count_ += weight;
  sum_ += value * static_cast<double>(weight);
  if (native_) native_->Observe(value, weight);
  const auto& bounds = options_->buckets;
  // NaN compares false with every bound and would be found below the first one.
  if (value != value) return;
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), value);
  if (bound != bounds.end()) counts_[bound - bounds.begin()] += weight;
}

bool Histogram::Merge(const HistogramView& other) {
  const auto& bounds = options_->buckets;
  const bool same =
      std::equal(bounds.begin(), bounds.end(), other.bounds.begin(), other.bounds.end());
  if (!same || native_.has_value() != (other.native != nullptr)) return false;
  for (size_t i = 0; i < bounds.size(); ++i) counts_[i] += other.counts[i];
  sum_ += other.sum;
  count_ += other.count;
  if (native_) native_->Merge(*other.native);
  return true;
}

HistogramView Histogram::View() const {
  return {.bounds = options_->buckets,
          .counts = {counts_.get(), options_->buckets.size()},
          .sum = sum_,
          .count = count_,
          .native = native_ ? &*native_ : nullptr};
}

size_t Histogram::MemoryBytes() const {
  return sizeof *this + options_->buckets.size() * sizeof(uint64_t) +
         (native_ ? native_->MemoryBytes() : 0);
}

}  // namespace weir
