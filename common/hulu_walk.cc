#include "common/hulu_walk.h"

#include <array>
#include <numeric>
#include <utility>

namespace weir {
namespace {

constexpr uint64_t Power(uint64_t base, int exponent) {
  return exponent == 0 ? 1 : base * Power(base, exponent - 1);
}

constexpr uint64_t kBase = 65599;

uint64_t Signed(char byte) { return static_cast<uint64_t>(int64_t{static_cast<int8_t>(byte)}); }

}  // namespace

// Four bytes at a time: else each waits for the multiplication of the one before.
uint64_t HuluWalk::Hash(std::string_view key) {
  uint64_t hash = 0;
  size_t at = 0;
  for (; key.size() - at >= 4; at += 4) {
    hash = hash * Power(kBase, 4) + Signed(key[at]) * Power(kBase, 3) +
           Signed(key[at + 1]) * Power(kBase, 2) + Signed(key[at + 2]) * kBase +
           Signed(key[at + 3]);
  }
  for (; at < key.size(); ++at) hash = hash * kBase + Signed(key[at]);
  return hash;
}

uint16_t HuluWalk::Walk(uint64_t hash) const {
  std::array<uint16_t, RingConfig::kMaxNodes> order;
  std::iota(order.begin(), order.begin() + static_cast<ptrdiff_t>(live_.size()), uint16_t{0});
  for (size_t i = live_.size(); i > 1; --i) {
    uint16_t& chosen = order[hash % i];
    if (live_[chosen]) return chosen;
    std::swap(chosen, order[i - 1]);
    hash = (hash * 7 + 5) / 3;
  }
  return order[0];
}

}  // namespace weir
