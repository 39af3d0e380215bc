#include "exporter/quantile.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/check.h"
#include "exporter/heap_bytes.h"
#include "exporter/merge_sort.h"
#include "exporter/quantile_merge.h"
#include "exporter/rank_error.h"

namespace weir {
namespace {

constexpr uint32_t kExactSamples = 500;
constexpr uint32_t kBatch = 256;
constexpr uint32_t kWeightedBatch = 192;  // a sample takes more bytes
constexpr uint32_t kMostPeriods = 64;

struct Scratch {
  std::vector<OrderKey> keys;
  std::vector<OrderKey> spare_keys;
  std::vector<WeightedKey> samples;
  std::vector<WeightedKey> spare_samples;
  QuantileMerge merge;
};

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

bool OneWeight(std::span<const WeightedKey> samples) {
  return std::all_of(samples.begin(), samples.end(),
                     [&](const WeightedKey& one) { return one.weight == samples[0].weight; });
}

// The first `count` samples, sorted. Valid until the next call.
std::span<WeightedKey> Sorted(const Arrivals& arrivals, uint32_t count) {
  auto& [keys, spare_keys, samples, spare_samples, merge] = ThreadScratch();
  samples.resize(count);
  arrivals.Copy(count, samples.data());
  if (!OneWeight(samples)) {
    spare_samples.resize(count);
    MergeSort(samples.data(), spare_samples.data(), count);
    return samples;
  }
  keys.assign(arrivals.keys(), arrivals.keys() + count);  // half the bytes to move
  spare_keys.resize(count);
  MergeSort(keys.data(), spare_keys.data(), count);
  for (uint32_t i = 0; i < count; ++i) samples[i].key = keys[i];
  return samples;
}

// Joins the samples of one key and returns the rest.
std::span<const WeightedKey> Joined(std::span<WeightedKey> sorted) {
  size_t last = 0;
  for (size_t i = 1; i < sorted.size(); ++i) {
    const WeightedKey sample = sorted[i];
    const bool same = sample.key == sorted[last].key;
    last += !same;
    sorted[last] = {sample.key, sample.weight + (same ? sorted[last].weight : 0)};
  }
  return sorted.first(std::min(sorted.size(), last + 1));
}

}  // namespace

uint32_t Summary::periods() const {
  return std::clamp<uint32_t>(options_->age_buckets, 1, kMostPeriods);
}

void Summary::Turn(int64_t now_nanos) {
  const int64_t period = std::max<int64_t>(options_->max_age.count() / periods(), 1);
  const int64_t begin = now_nanos - now_nanos % period;
  const int64_t end = std::exchange(period_end_, begin + period);
  if (arrivals_.size() == 0 && !reduced_) return arrivals_.Reserve(0, periods());
  const int64_t steps = (begin - end) / period + 1;
  if (steps >= periods()) {
    reduced_.reset();
    return arrivals_.Reserve(0, periods());
  }
  if (sketching()) {
    MoveToSketch();
    reduced_->periods[slot_] = reduced_->current.Freeze(RankError(options_->objectives));
    reduced_->current = QuantileSketch();
  }
  for (int64_t i = 0; i < steps; ++i) {
    slot_ = SlotAfter(slot_);
    Forget(slot_);
  }
}

bool Summary::LetGo() {
  if (arrivals_.size() == 0 && !reduced_) return false;
  reduced_.reset();
  arrivals_.Reserve(0, periods());
  return true;
}

void Summary::Forget(uint32_t slot) {
  if (arrivals_.size() > 0) arrivals_.DropFront(slot);
  if (!reduced_) return;
  FrozenQuantiles* const frozen = reduced_->periods.get();
  frozen[slot] = FrozenQuantiles();
  const bool empty = std::all_of(frozen, frozen + periods(), [](auto& one) { return one.empty(); });
  if (empty) reduced_.reset();
}

void Summary::MakeRoom() {
  const uint32_t size = arrivals_.size();
  const uint32_t most = sketching() ? SketchBatch() : kExactSamples;
  if (size < most) {
    return arrivals_.Reserve(std::min(most, std::max(size + 4, size + size / 2)), periods());
  }
  if (sketching()) return MoveToSketch();
  Reduce();
}

uint32_t Summary::SketchBatch() const {
  // A batch costs a walk over the sketch, so it grows with it.
  const uint32_t batch = arrivals_.weighted() ? kWeightedBatch : kBatch;
  return std::max(batch, static_cast<uint32_t>(reduced_->current.size() / 4));
}

void Summary::Reduce() {
  if (!reduced_) {
    reduced_ = std::make_unique<Reduced>();
    reduced_->periods = std::make_unique<FrozenQuantiles[]>(periods());
  }
  uint32_t oldest = SlotAfter(slot_);
  while (arrivals_.run(oldest) == 0) oldest = SlotAfter(oldest);
  if (oldest != slot_) return FreezeRun(oldest);
  MoveToSketch();
  arrivals_.Reserve(SketchBatch(), periods());
}

void Summary::MoveToSketch() {
  if (arrivals_.size() == 0) return;
  reduced_->current.Merge(Joined(Sorted(arrivals_, arrivals_.size())),
                          RankError(options_->objectives));
  arrivals_.DropFront(slot_);
}

void Summary::FreezeRun(uint32_t slot) {
  const auto samples = Joined(Sorted(arrivals_, arrivals_.run(slot)));
  uint64_t grain = samples.front().weight;
  for (const WeightedKey& sample : samples) grain = std::min(grain, sample.weight);
  std::vector<RankedKey> ranked;
  uint64_t rank = 0;
  for (const auto& [key, weight] : samples) {
    ranked.push_back({key, static_cast<double>(rank + grain), 0});
    rank += weight;
    if (weight > grain) ranked.push_back({key, static_cast<double>(rank), 0});
  }
  reduced_->periods[slot] =
      FrozenQuantiles(ranked, static_cast<double>(grain), RankError(options_->objectives));
  arrivals_.DropFront(slot);
}

void Summary::Quantiles(int64_t now_nanos, std::span<double> out) {
  WEIR_CHECK(out.size() == options_->objectives.size());
  if (now_nanos >= period_end_) Turn(now_nanos);
  if (reduced_) return MergedQuantiles(out);
  if (arrivals_.size() == 0) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
  } else if (arrivals_.weighted()) {
    MergedQuantiles(out);
  } else {
    ExactQuantiles(out);
  }
}

void Summary::ExactQuantiles(std::span<double> out) const {
  std::array<OrderKey, kExactSamples> keys;
  std::array<OrderKey, kExactSamples> spare;
  const size_t size = arrivals_.size();
  std::copy_n(arrivals_.keys(), size, keys.begin());
  MergeSort(keys.data(), spare.data(), size);
  for (size_t i = 0; i < out.size(); ++i) {
    const double rank = NearestRank(options_->objectives[i].quantile, static_cast<double>(size));
    out[i] = FromOrderKey(keys[static_cast<size_t>(rank) - 1]);
  }
}

void Summary::MergedQuantiles(std::span<double> out) const {
  QuantileMerge& merge = ThreadScratch().merge;
  merge.Clear();
  if (arrivals_.size() > 0) {
    merge.BeginPart(1);
    for (const auto& [key, weight] : Joined(Sorted(arrivals_, arrivals_.size()))) {
      merge.AddExact(key, static_cast<double>(weight));
    }
  }
  if (reduced_) {
    reduced_->current.AppendTo(&merge);
    for (uint32_t slot = 0; slot < periods(); ++slot) reduced_->periods[slot].AppendTo(&merge);
  }
  merge.Finish();
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = merge.Quantile(options_->objectives[i].quantile);
  }
}

size_t Summary::MemoryBytes() const {
  size_t bytes = HeapBytes(sizeof(*this)) + arrivals_.MemoryBytes();
  if (!reduced_) return bytes;
  bytes += HeapBytes(sizeof(Reduced)) + HeapBytes(periods() * sizeof(FrozenQuantiles) + 8);
  bytes += reduced_->current.MemoryBytes();
  for (uint32_t slot = 0; slot < periods(); ++slot) {
    bytes += reduced_->periods[slot].MemoryBytes();
  }
  return bytes;
}

}  // namespace weir
