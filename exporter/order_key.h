// OrderKey: a double as an integer that sorts as the double does, so that values are sorted and
// compared without branches and without the exceptions of NaN.
//
// Order: -Inf < negative < -0 < +0 < positive < +Inf < NaN. Every NaN is the same key.
// Thread safety: pure functions.
// Tested by tests/unit/exporter/order_key_test.cc.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace weir {

using OrderKey = int64_t;

// One observed value and how many observations it stands for.
struct WeightedKey {
  OrderKey key;
  uint64_t weight;
};

inline OrderKey KeyOf(OrderKey key) { return key; }
inline OrderKey KeyOf(const WeightedKey& item) { return item.key; }

inline OrderKey ToOrderKey(double value) {
  constexpr int64_t kNan = std::numeric_limits<int64_t>::max();
  if (value != value) return kNan;
  const int64_t bits = std::bit_cast<int64_t>(value);
  return bits ^ ((bits >> 63) & kNan);
}

inline double FromOrderKey(OrderKey key) {
  return std::bit_cast<double>(key ^ ((key >> 63) & std::numeric_limits<int64_t>::max()));
}

}  // namespace weir
