#include "exporter/native_histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace weir {
namespace {

constexpr int32_t kMaxCarriedGap = 2;
constexpr size_t kFinestSteps = 1 << NativeHistogram::kMaxSchema;

// 2^(i/256 - 1): the boundaries of the finest schema between 0.5 and 1. Coarser schemas take every
// second, fourth, ... of them. Long double, so that each is the nearest double.
const std::array<double, kFinestSteps>& Boundaries() {
  static const auto boundaries = [] {
    std::array<double, kFinestSteps> table;
    for (size_t i = 0; i < table.size(); ++i) {
      table[i] = static_cast<double>(std::exp2(static_cast<long double>(i) / kFinestSteps - 1));
    }
    return table;
  }();
  return boundaries;
}

// The first of the schema's boundaries that is >= fraction; their number when none is.
int32_t StepOf(double fraction, int32_t schema) {
  const auto& boundaries = Boundaries();
  const int32_t stride = 1 << (NativeHistogram::kMaxSchema - schema);
  int32_t low = 0;
  int32_t size = 1 << schema;
  while (size > 0) {
    const int32_t half = size / 2;
    const bool below = boundaries[static_cast<size_t>((low + half) * stride)] < fraction;
    low = below ? low + half + 1 : low;
    size = below ? size - half - 1 : half;
  }
  return low;
}

// REQUIRES: magnitude > kZeroThreshold.
int32_t IndexOf(double magnitude, int32_t schema) {
  const bool infinite = std::isinf(magnitude);
  if (infinite) magnitude = std::numeric_limits<double>::max();
  int exponent;
  const double fraction = std::frexp(magnitude, &exponent);
  int32_t index;
  if (schema > 0) {
    index = StepOf(fraction, schema) + (exponent - 1) * (1 << schema);
  } else {
    if (fraction == 0.5) --exponent;
    const int32_t round_up = (1 << -schema) - 1;
    index = (exponent + round_up) >> -schema;
  }
  return infinite ? index + 1 : index;
}

void Add(int32_t index, uint64_t weight, std::vector<NativeBucket>* buckets) {
  const auto at = std::lower_bound(
      buckets->begin(), buckets->end(), index,
      [](const NativeBucket& bucket, int32_t wanted) { return bucket.index < wanted; });
  if (at != buckets->end() && at->index == index) [[likely]] {
    at->count += weight;
  } else {
    buckets->insert(at, {index, weight});
  }
}

void AddAll(const std::vector<NativeBucket>& from, std::vector<NativeBucket>* to) {
  std::vector<NativeBucket> sum;
  sum.reserve(from.size() + to->size());
  auto other = from.begin();
  for (const NativeBucket& bucket : *to) {
    while (other != from.end() && other->index < bucket.index) sum.push_back(*other++);
    sum.push_back(bucket);
    if (other != from.end() && other->index == bucket.index) sum.back().count += other++->count;
  }
  sum.insert(sum.end(), other, from.end());
  *to = std::move(sum);
}

void JoinPairs(std::vector<NativeBucket>* buckets) {
  size_t kept = 0;
  for (const NativeBucket bucket : *buckets) {
    const int32_t index = (bucket.index > 0 ? bucket.index + 1 : bucket.index) / 2;
    if (kept > 0 && (*buckets)[kept - 1].index == index) {
      (*buckets)[kept - 1].count += bucket.count;
    } else {
      (*buckets)[kept++] = {index, bucket.count};
    }
  }
  buckets->resize(kept);
}

}  // namespace

int32_t NativeHistogram::SchemaFor(double factor) {
  const double exponent = std::floor(std::log2(std::log2(factor)));
  return static_cast<int32_t>(std::clamp<double>(-exponent, kMinSchema, kMaxSchema));
}

NativeHistogram::NativeHistogram(double factor, uint32_t max_buckets)
    : max_buckets_(max_buckets), schema_(SchemaFor(factor)) {}

NativeHistogram::NativeHistogram(int32_t schema, uint64_t zero_count,
                                 std::vector<NativeBucket> positive,
                                 std::vector<NativeBucket> negative)
    : positive_(std::move(positive)),
      negative_(std::move(negative)),
      zero_count_(zero_count),
      max_buckets_(std::numeric_limits<uint32_t>::max()),
      schema_(schema) {}

void NativeHistogram::Observe(double value, uint64_t weight) {
  if (std::isnan(value) || weight == 0) return;
  const double magnitude = std::fabs(value);
  if (magnitude <= kZeroThreshold) {
    zero_count_ += weight;
    return;
  }
  Add(IndexOf(magnitude, schema_), weight, value > 0 ? &positive_ : &negative_);
  while (OverLimit()) Halve();
}

void NativeHistogram::Merge(NativeHistogram other) {
  while (other.schema_ > schema_) other.Halve();
  while (schema_ > other.schema_) Halve();
  zero_count_ += other.zero_count_;
  AddAll(other.positive_, &positive_);
  AddAll(other.negative_, &negative_);
  while (OverLimit()) Halve();
}

void NativeHistogram::Halve() {
  JoinPairs(&positive_);
  JoinPairs(&negative_);
  --schema_;
}

void EncodeBuckets(std::span<const NativeBucket> buckets, std::vector<NativeSpan>* spans,
                   std::vector<int64_t>* deltas) {
  spans->clear();
  deltas->clear();
  int32_t next_index = 0;
  int64_t last_count = 0;
  const auto append = [&](int64_t count) {
    deltas->push_back(count - last_count);
    last_count = count;
    ++spans->back().length;
  };
  for (const NativeBucket& bucket : buckets) {
    const int32_t gap = bucket.index - next_index;
    if (spans->empty() || gap > kMaxCarriedGap) {
      spans->push_back({gap, 0});
    } else {
      for (int32_t i = 0; i < gap; ++i) append(0);
    }
    append(static_cast<int64_t>(bucket.count));
    next_index = bucket.index + 1;
  }
}

}  // namespace weir
