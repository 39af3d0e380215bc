#include "exporter/arrivals.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "exporter/heap_bytes.h"

namespace weir {
namespace {

uint8_t WidthOf(uint32_t weight) {
  if (weight <= std::numeric_limits<uint8_t>::max()) return 1;
  return weight <= std::numeric_limits<uint16_t>::max() ? 2 : 4;
}

template <class Width>
void CopyWeights(const std::byte* weights, uint32_t count, WeightedKey* out) {
  const auto* weight = reinterpret_cast<const Width*>(weights);
  for (uint32_t i = 0; i < count; ++i) out[i].weight = weight[i];
}

}  // namespace

void Arrivals::Reserve(uint32_t capacity, uint32_t periods) {
  if (capacity == 0) {
    *this = Arrivals();
  } else {
    Relocate(capacity, periods, weight_width_);
  }
}

void Arrivals::Copy(uint32_t count, WeightedKey* out) const {
  for (uint32_t i = 0; i < count; ++i) out[i] = {keys()[i], 1};
  switch (weight_width_) {
    case 1:
      return CopyWeights<uint8_t>(weights(), count, out);
    case 2:
      return CopyWeights<uint16_t>(weights(), count, out);
    case 4:
      return CopyWeights<uint32_t>(weights(), count, out);
  }
}

void Arrivals::DropFront(uint32_t slot) {
  const uint32_t count = std::exchange(runs()[slot], 0);
  if (count == 0) return;
  size_ -= count;
  std::memmove(mutable_keys(), keys() + count, size_ * sizeof(OrderKey));
  std::memmove(weights(), weights() + size_t{count} * weight_width_, size_ * weight_width_);
}

size_t Arrivals::MemoryBytes() const { return HeapBytes(block_ ? BlockBytes() : 0); }

size_t Arrivals::BlockBytes() const {
  return capacity_ * (sizeof(OrderKey) + weight_width_) + periods_ * sizeof(uint32_t);
}

void Arrivals::Relocate(uint32_t capacity, uint32_t periods, uint8_t weight_width) {
  Arrivals grown;
  grown.capacity_ = capacity;
  grown.periods_ = static_cast<uint16_t>(periods);
  grown.weight_width_ = weight_width;
  grown.block_ = std::make_unique_for_overwrite<std::byte[]>(grown.BlockBytes());
  if (block_) {
    std::copy_n(keys(), size_, grown.mutable_keys());
    std::copy_n(runs(), periods, grown.runs());
    if (weight_width == weight_width_) {
      std::memcpy(grown.weights(), weights(), size_t{size_} * weight_width);
    } else {
      Widen(&grown);
    }
  } else {
    std::fill_n(grown.runs(), periods, 0);
  }
  grown.size_ = size_;
  *this = std::move(grown);
}

void Arrivals::Widen(Arrivals* grown) const {
  std::vector<WeightedKey> samples(size_);
  Copy(size_, samples.data());
  for (uint32_t i = 0; i < size_; ++i) {
    grown->StoreWeight(i, static_cast<uint32_t>(samples[i].weight));
  }
}

void Arrivals::SetWeight(uint64_t weight) {
  constexpr uint64_t kMostWeight = 1 << 24;
  const auto kept = static_cast<uint32_t>(std::min(weight, kMostWeight));
  if (const uint8_t width = WidthOf(kept); width > weight_width_) {
    Relocate(capacity_, periods_, width);
  }
  StoreWeight(size_, kept);
}

void Arrivals::StoreWeight(uint32_t index, uint32_t weight) {
  switch (weight_width_) {
    case 1:
      reinterpret_cast<uint8_t*>(weights())[index] = static_cast<uint8_t>(weight);
      break;
    case 2:
      reinterpret_cast<uint16_t*>(weights())[index] = static_cast<uint16_t>(weight);
      break;
    case 4:
      reinterpret_cast<uint32_t*>(weights())[index] = weight;
      break;
  }
}

}  // namespace weir
