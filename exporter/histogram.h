// Histogram: the observations of one series by classic buckets and, when its options say so, by
// native ones.
//
// Bounds are inclusive. NaN falls into no bucket but is counted, and makes the sum NaN.
// Thread safety: owned by one shard. Lifetimes: the options outlive it.
// Cost: one binary search over the bounds per observation; 8 bytes per bound.
// Tested by tests/unit/exporter/histogram_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "exporter/exposition.h"
#include "exporter/native_histogram.h"
#include "mapping/series_policy.h"

namespace weir {

class Histogram {
 public:
  explicit Histogram(const HistogramOptions* options);

  // Counts `value` as if seen `weight` times.
  void Observe(double value, uint64_t weight);

  // Adds what another one counted. False, and nothing done, when that has other bounds, or has
  // native buckets where this has none or the other way round.
  bool Merge(const HistogramView& other);

  // Valid until the next Observe.
  HistogramView View() const;

  size_t MemoryBytes() const;

 private:
  const HistogramOptions* const options_;
  const std::unique_ptr<uint64_t[]> counts_;  // one per bound
  double sum_ = 0;
  uint64_t count_ = 0;
  std::optional<NativeHistogram> native_;
};

}  // namespace weir
