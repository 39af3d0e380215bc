// SampleStride: which of many samples are looked at, for a count that need not be exact: every one
// while few come, one of a thousand of a million.
//
// The stride doubles with each 512 samples looked at and is halved every second, so that a second
// never costs more than some thousand looks. Steps are random, since clients send the same names in
// turn, and each sample counts as many as the stride: sums are right on average.
// Thread safety: owned by one shard. Tested by tests/unit/exporter/sample_stride_test.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace weir {

class SampleStride {
 public:
  static constexpr uint32_t kLooks = 512;  // at one stride
  static constexpr uint32_t kMostStride = 1 << 20;

  // Of the next `size` samples calls look(place, count) for those it takes: each stands for
  // `count`.
  template <class Look>
  void Take(size_t size, Look look) {
    while (next_ < size) [[unlikely]] {
        look(next_, stride_);
        if (++looks_ == kLooks && stride_ < kMostStride) {
          stride_ *= 2;
          looks_ = 0;
        }
        random_ = random_ * 1664525 + 1013904223;
        // 1 to 2 * stride - 1, evenly.
        next_ += 1 + (uint64_t{random_} * (2 * stride_ - 1) >> 32);
      }
    next_ -= size;
  }

  // To be called once a second.
  void Tick() {
    stride_ = std::max(stride_ / 2, uint32_t{1});
    looks_ = 0;
  }

 private:
  size_t next_ = 0;
  uint32_t stride_ = 1;
  uint32_t looks_ = 0;
  uint32_t random_ = 1;
};

}  // namespace weir
