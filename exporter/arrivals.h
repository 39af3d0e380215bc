// Arrivals: the samples of a summary in the order they came, as runs of one period each.
//
// One heap block holds everything: the values, the length of each run, and, from the first sample
// whose weight is not 1, the weights in 1, 2 or 4 bytes each, as wide as the greatest seen. A
// weight above 2^24 counts as that.
// Periods are slots 0..periods-1 used in turn; a run is dropped from the front only.
//
// Thread safety: owned by one shard. Tested by tests/unit/exporter/arrivals_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "exporter/order_key.h"

namespace weir {

class Arrivals {
 public:
  uint32_t size() const { return size_; }
  bool full() const { return size_ == capacity_; }
  bool weighted() const { return weight_width_ != 0; }
  const OrderKey* keys() const { return reinterpret_cast<const OrderKey*>(block_.get()); }
  // REQUIRES: Reserve was called.
  uint32_t run(uint32_t slot) const { return runs()[slot]; }

  // Makes the block hold exactly `capacity` samples and `periods` runs; 0 frees it.
  // REQUIRES: capacity >= size(); `periods` is always the same.
  void Reserve(uint32_t capacity, uint32_t periods);

  // Adds a sample to the run of `slot`, the newest. REQUIRES: !full(), weight > 0.
  void Append(OrderKey key, uint64_t weight, uint32_t slot) {
    if ((weight != 1) | weighted()) [[unlikely]]
      SetWeight(weight);
    mutable_keys()[size_] = key;
    ++size_;
    ++runs()[slot];
  }

  // Writes the first `count` samples to `out`.
  void Copy(uint32_t count, WeightedKey* out) const;

  // Drops the run of `slot`. REQUIRES: it is the oldest that is not empty.
  void DropFront(uint32_t slot);

  // Heap bytes beyond sizeof.
  size_t MemoryBytes() const;

 private:
  OrderKey* mutable_keys() { return reinterpret_cast<OrderKey*>(block_.get()); }
  uint32_t* runs() const {
    return reinterpret_cast<uint32_t*>(block_.get() + capacity_ * sizeof(OrderKey));
  }
  std::byte* weights() const {
    return block_.get() + capacity_ * sizeof(OrderKey) + periods_ * sizeof(uint32_t);
  }
  size_t BlockBytes() const;
  void Relocate(uint32_t capacity, uint32_t periods, uint8_t weight_width);
  // Writes the weights to `grown`, whose weights are wider.
  void Widen(Arrivals* grown) const;
  // The weight of the sample about to be added.
  void SetWeight(uint64_t weight);
  void StoreWeight(uint32_t index, uint32_t weight);

  std::unique_ptr<std::byte[]> block_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  uint16_t periods_ = 0;
  uint8_t weight_width_ = 0;  // bytes; 0: every weight is 1
};

}  // namespace weir
