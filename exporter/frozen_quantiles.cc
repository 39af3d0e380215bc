#include "exporter/frozen_quantiles.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "exporter/heap_bytes.h"

namespace weir {
namespace {

constexpr double kWhole = std::numeric_limits<uint32_t>::max();

constexpr size_t kHeadWords = 2;

size_t BlockWords(size_t size) { return kHeadWords + size + (size + 1) / 2; }

double Middle(const RankedKey& tuple) { return tuple.least + tuple.slack / 2; }

// How uncertain a rank between neighbours a and b is.
double Gap(const RankedKey& a, const RankedKey& b, double grain) {
  return Middle(b) - grain - Middle(a) + std::max(a.slack, b.slack);
}

// Moves the tuples to keep to the front and returns their number.
size_t Thin(std::span<RankedKey> tuples, double grain, const RankError& error) {
  if (tuples.size() < 3) return tuples.size();
  const double total = tuples.back().least;
  size_t kept = 1;
  for (size_t i = 1; i + 1 < tuples.size(); ++i) {
    const RankedKey& last = tuples[kept - 1];
    const RankedKey& next = tuples[i + 1];
    const bool one_key = last.key == tuples[i].key && tuples[i].key == next.key;
    const double limit =
        std::min(error.At(last.least, total), error.At(next.least + next.slack, total));
    if (!one_key && Gap(last, next, grain) > limit) tuples[kept++] = tuples[i];
  }
  tuples[kept++] = tuples.back();
  return kept;
}

}  // namespace

FrozenQuantiles::FrozenQuantiles(std::span<RankedKey> tuples, double grain, const RankError& error)
    : size_(Thin(tuples, grain, error)) {
  if (size_ == 0) return;
  block_ = std::make_unique_for_overwrite<int64_t[]>(BlockWords(size_));
  const double total = tuples[size_ - 1].least;
  block_[0] = std::bit_cast<int64_t>(total);
  block_[1] = std::bit_cast<int64_t>(grain);
  auto* fraction = const_cast<uint32_t*>(fractions());
  double rank = 0;
  for (size_t i = 0; i < size_; ++i) {
    block_[kHeadWords + i] = tuples[i].key;
    rank = std::clamp(Middle(tuples[i]), rank, total);
    fraction[i] = static_cast<uint32_t>(rank / total * kWhole + 0.5);
  }
}

void FrozenQuantiles::AppendTo(QuantileMerge* merge) const {
  if (empty()) return;
  const auto total = std::bit_cast<double>(block_[0]);
  merge->BeginPart(std::bit_cast<double>(block_[1]));
  for (size_t i = 0; i < size_; ++i) {
    merge->Add(block_[kHeadWords + i], fractions()[i] / kWhole * total);
  }
}

size_t FrozenQuantiles::MemoryBytes() const {
  return HeapBytes(block_ ? BlockWords(size_) * sizeof(int64_t) : 0);
}

const uint32_t* FrozenQuantiles::fractions() const {
  return reinterpret_cast<const uint32_t*>(block_.get() + kHeadWords + size_);
}

}  // namespace weir
