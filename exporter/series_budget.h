// SeriesBudget: how many series the process may have, and how many bytes of them.
//
// One for all shards, so that its limits hold for the process, wherever the series live. A table
// takes a place before it makes a series and gives it back when it forgets one. Taking is two or
// three atomic operations, at first sights only; no limit is passed, not even for a moment, but by
// what a takeover brings.
//
// Bytes are an estimate: what a series of its size takes in a table, what the memos take, and what
// the values of summaries, histograms and sets were when they were last weighed. New series are
// refused from 15/16 of the limit on; the rest is for the one series of a family that stands for
// those.
//
// Thread safety: any thread. Tested by tests/unit/exporter/series_budget_test.cc.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/socket.h"
#include "exporter/refusal.h"

namespace weir {

// 0: no limit.
struct SeriesLimits {
  uint64_t series = 0;
  uint64_t per_family = 0;    // held by each family's table, which owns all of it
  uint64_t per_listener = 0;  // series whose first sample came by one transport
  uint64_t memory = 0;        // bytes

  bool any() const { return series + per_family + per_listener + memory > 0; }
};

class SeriesBudget {
 public:
  static constexpr size_t kSources = static_cast<size_t>(Transport::kSignedUdp) + 1;

  explicit SeriesBudget(const SeriesLimits& limits) : limits_(limits) {}

  const SeriesLimits& limits() const { return limits_; }

  // A place for a series of `bytes`, and these. kNone, or the limit that is in the way. Without a
  // source no listener's limit is.
  Refusal TakePlace(std::optional<Transport> source, size_t bytes);
  // A place without its bytes, whatever the limits say.
  void AddPlace() { series_.fetch_add(1, std::memory_order_relaxed); }
  void GivePlaceBack(std::optional<Transport> source, size_t bytes);

  // Bytes without a place; false when there are not so many.
  bool TakeBytes(size_t bytes);
  // Bytes that are used (or, negative, no longer used) already.
  void AddBytes(int64_t bytes);

  // Grows with everything that was given back.
  uint64_t returns() const { return returns_.load(std::memory_order_acquire); }

  uint64_t series() const { return series_.load(std::memory_order_relaxed); }
  uint64_t series_of(Transport source) const {
    return by_source_[static_cast<size_t>(source)].load(std::memory_order_relaxed);
  }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t>& OfSource(Transport source) {
    return by_source_[static_cast<size_t>(source)];
  }
  bool TakeBytesBelow(size_t bytes, uint64_t limit);

  const SeriesLimits limits_;
  std::atomic<uint64_t> series_{0};
  std::array<std::atomic<uint64_t>, kSources> by_source_{};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> returns_{0};
};

}  // namespace weir
