#include "exporter/quantile_sketch.h"

#include <algorithm>
#include <bit>

#include "exporter/heap_bytes.h"

namespace weir {

// Receives the tuples in order, folds each into the next while the gap stays within the error, and
// leaves the rest in `out`. The last tuple is held back until the next one or Finish.
class QuantileSketch::Compressor {
 public:
  Compressor(const RankError& error, uint64_t total, uint64_t grain, std::vector<Tuple>* out)
      : error_(error),
        total_(static_cast<double>(total)),
        grain_(static_cast<double>(grain)),
        out_(*out) {
    out_.clear();
  }

  void Push(const Tuple& next) {
    if (!holding_) return Hold(next);
    const uint64_t mass = held_.mass + next.mass;
    if (!out_.empty() && MayFold(next, mass + Slack(next))) {
      held_ = {next.key, mass, next.slack};
    } else {
      Emit();
      Hold(next);
    }
  }

  // Whether a gap of `width` may follow the held tuple.
  bool MayGrow(uint64_t width) const {
    const double rank = rank_ + static_cast<double>(held_.mass);
    return Fits(rank, error_.At(rank, total_), width);
  }

  // Whether the tuples that follow lie in a gap where many samples arrive. What they inherit as
  // slack stays with them, so there less is spent: values that close in on one point from both
  // sides would otherwise need 2,000 tuples.
  void SetCrowded(bool crowded) { crowded_ = crowded; }

  void Finish() {
    if (holding_) Emit();
  }

 private:
  // Whether the held tuple may become part of `next`, making its gap `width` wide.
  bool MayFold(const Tuple& next, uint64_t width) const {
    if (last_key_ == held_.key && held_.key == next.key) return true;
    return Fits(rank_, limit_, width);
  }
  // Whether a gap of `width` may begin at `rank`, where the error is `limit`.
  bool Fits(double rank, double limit, uint64_t width) const {
    constexpr double kShare = 0.5;
    constexpr double kCrowdedShare = 0.35;
    const double most = static_cast<double>(width);
    // Concave: the least limit within the gap is at one of its ends.
    const double least = std::min(limit, error_.At(rank + most, total_));
    return most - grain_ <= (crowded_ ? kCrowdedShare : kShare) * least;
  }
  void Hold(const Tuple& tuple) {
    held_ = tuple;
    holding_ = true;
  }
  void Emit() {
    out_.push_back(held_);
    last_key_ = held_.key;
    rank_ += static_cast<double>(held_.mass);
    limit_ = error_.At(rank_, total_);
  }

  const RankError& error_;
  const double total_;
  const double grain_;
  std::vector<Tuple>& out_;
  Tuple held_{};
  bool holding_ = false;
  bool crowded_ = false;
  OrderKey last_key_ = 0;  // of the last emitted tuple
  double rank_ = 0;        // its least rank
  double limit_ = 0;       // the error there
};

uint64_t QuantileSketch::PackSlack(uint64_t slack) {
  if (slack < (uint64_t{1} << kMantissaBits)) return slack;
  const auto exponent = static_cast<uint64_t>(std::bit_width(slack)) - kMantissaBits;
  const uint64_t mantissa = (slack + (uint64_t{1} << exponent) - 1) >> exponent;
  // Rounding up may carry: 2^18 << e is 2^17 << (e + 1).
  if (mantissa >> kMantissaBits) return (exponent + 1) << kMantissaBits | mantissa >> 1;
  return exponent << kMantissaBits | mantissa;
}

uint64_t QuantileSketch::Slack(const Tuple& tuple) {
  const uint64_t packed = tuple.slack;
  return (packed & ((uint64_t{1} << kMantissaBits) - 1)) << (packed >> kMantissaBits);
}

uint64_t QuantileSketch::SlackBefore(size_t next, OrderKey key) const {
  if (next == 0) return 0;
  if (tuples_[next - 1].key == key) return tuples_[next - 1].slack;
  if (next == tuples_.size()) return 0;
  return PackSlack(Width(tuples_[next]) - grain_);
}

void QuantileSketch::PushSamples(std::span<const WeightedKey> samples, size_t next, uint64_t grain,
                                 Compressor* compressor) const {
  for (const WeightedKey& sample : samples) {
    const uint64_t slack = SlackBefore(next, sample.key);
    compressor->Push({sample.key, grain, slack});
    if (sample.weight > grain) compressor->Push({sample.key, sample.weight - grain, slack});
  }
}

bool QuantileSketch::Crowded(uint64_t weight, uint64_t added, uint64_t width,
                             uint64_t grain) const {
  constexpr uint64_t kFactor = 16;
  if (weight <= kFactor * grain) return false;  // spares nearly every tuple the division
  const double expected =
      static_cast<double>(added) * static_cast<double>(width) / static_cast<double>(total_);
  return static_cast<double>(weight - kFactor * grain) > kFactor * expected;
}

void QuantileSketch::Merge(std::span<const WeightedKey> samples, const RankError& error) {
  constexpr uint64_t kMostTotal = (uint64_t{1} << 40) - 1;
  uint64_t added = 0;
  uint64_t grain = grain_;
  for (const WeightedKey& sample : samples) {
    added += sample.weight;
    grain = std::min(grain, sample.weight);
  }
  if (total_ + added > kMostTotal) return;
  total_ += added;

  thread_local std::vector<Tuple> merged;
  Compressor compressor(error, total_, grain, &merged);
  auto sample = samples.begin();
  for (size_t next = 0; next < tuples_.size(); ++next) {
    Tuple tuple = tuples_[next];
    // What the old grain says of this key, and the new one does not, becomes a pair.
    const bool first = next == 0 || tuples_[next - 1].key != tuple.key;
    const uint64_t certain = first ? grain_ - grain : 0;
    tuple.mass -= certain;
    const auto run = sample;
    uint64_t weight = 0;
    for (; sample != samples.end() && sample->key < tuple.key; ++sample) weight += sample->weight;
    compressor.SetCrowded(Crowded(weight, added, Width(tuple), grain));
    if (weight > 0 && next > 0 && compressor.MayGrow(weight + Width(tuple))) {
      tuple.mass += weight;  // 4 of 5 runs fold at once
    } else {
      PushSamples({run, sample}, next, grain, &compressor);
    }
    compressor.Push(tuple);
    if (certain > 0) compressor.Push({tuple.key, certain, tuple.slack});
  }
  PushSamples({sample, samples.end()}, tuples_.size(), grain, &compressor);
  compressor.Finish();
  grain_ = grain;

  if (merged.size() > tuples_.capacity()) {
    tuples_ = {};
    tuples_.reserve(merged.size() + merged.size() / 16);
  }
  tuples_.assign(merged.begin(), merged.end());
}

FrozenQuantiles QuantileSketch::Freeze(const RankError& error) const {
  thread_local std::vector<RankedKey> ranked;
  ranked.clear();
  double least = 0;
  for (const Tuple& tuple : tuples_) {
    least += static_cast<double>(tuple.mass);
    ranked.push_back({tuple.key, least, static_cast<double>(Slack(tuple))});
  }
  return FrozenQuantiles(ranked, static_cast<double>(grain_), error);
}

void QuantileSketch::AppendTo(QuantileMerge* merge) const {
  double least = 0;
  merge->BeginPart(static_cast<double>(grain_));
  for (const Tuple& tuple : tuples_) {
    least += static_cast<double>(tuple.mass);
    merge->Add(tuple.key, least + static_cast<double>(Slack(tuple)) / 2);
  }
}

size_t QuantileSketch::MemoryBytes() const { return HeapBytes(tuples_.capacity() * sizeof(Tuple)); }

}  // namespace weir
