// NativeHistogram: the buckets of a Prometheus native histogram of one series.
//
// Bucket boundaries are powers of 2^(2^-schema); bucket i holds values in
// (2^((i-1) * 2^-schema), 2^(i * 2^-schema)]. Negative values have buckets of their own by
// magnitude, and magnitudes up to 2^-128 share the zero bucket. Only populated buckets exist. When
// their number passes the limit the resolution is halved: schema - 1, and buckets join in pairs,
// down to schema -4, where the doubles themselves end at 146 buckets.
//
// It knows nothing of the sum and the count, which the classic histogram beside it keeps: NaN is
// counted there and in no bucket here.
//
// Thread safety: owned by one shard.
// Memory: 16 bytes a bucket, at most twice the limit while a vector grows. Observing into a known
// bucket allocates nothing and takes 15-30 ns.
// Tested by tests/unit/exporter/native_histogram_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

struct NativeBucket {
  int32_t index;
  uint64_t count;

  friend bool operator==(const NativeBucket&, const NativeBucket&) = default;
};

// A run of neighbouring buckets as the wire has it.
struct NativeSpan {
  int32_t offset;  // of the first span: its first index; else the empty buckets since the last one
  uint32_t length;

  friend bool operator==(const NativeSpan&, const NativeSpan&) = default;
};

class NativeHistogram {
 public:
  static constexpr double kZeroThreshold = 0x1p-128;
  static constexpr int32_t kMinSchema = -4;
  static constexpr int32_t kMaxSchema = 8;
  // No bucket's index is greater, nor below its negative: doubles end at 2^1024, and behind the
  // last bucket of the finest schema is that of infinity.
  static constexpr int32_t kMostIndex = (1024 << kMaxSchema) + 1;

  // The coarsest schema whose buckets grow by at most `factor`. REQUIRES: factor > 1.
  static int32_t SchemaFor(double factor);

  NativeHistogram(double factor, uint32_t max_buckets);
  // One that was written down. REQUIRES: a schema between the two above; buckets as positive() and
  // negative() give them.
  NativeHistogram(int32_t schema, uint64_t zero_count, std::vector<NativeBucket> positive,
                  std::vector<NativeBucket> negative);

  // Counts `value` as if seen `weight` times.
  void Observe(double value, uint64_t weight);

  // Adds what another one counted, at the coarser of both resolutions, or less to keep the limit.
  void Merge(NativeHistogram other);

  int32_t schema() const { return schema_; }
  uint64_t zero_count() const { return zero_count_; }
  // By index, ascending; every count > 0.
  std::span<const NativeBucket> positive() const { return positive_; }
  std::span<const NativeBucket> negative() const { return negative_; }

  // Heap bytes held beyond sizeof(*this).
  size_t MemoryBytes() const {
    return (positive_.capacity() + negative_.capacity()) * sizeof(NativeBucket);
  }

 private:
  bool OverLimit() const {
    return positive_.size() + negative_.size() > max_buckets_ && schema_ > kMinSchema;
  }
  void Halve();

  std::vector<NativeBucket> positive_;
  std::vector<NativeBucket> negative_;
  uint64_t zero_count_ = 0;
  uint32_t max_buckets_;
  int32_t schema_;
};

// Replaces *spans and *deltas by the wire's form of `buckets`: up to two empty buckets are carried
// as zeros, a wider gap starts a span; each delta is the difference to the count before it.
void EncodeBuckets(std::span<const NativeBucket> buckets, std::vector<NativeSpan>* spans,
                   std::vector<int64_t>* deltas);

}  // namespace weir
