#include "exporter/series_budget.h"

namespace weir {
namespace {

// Adds `amount` unless the sum would be above `limit` (0: no limit).
bool Take(uint64_t amount, uint64_t limit, std::atomic<uint64_t>* taken) {
  uint64_t now = taken->load(std::memory_order_relaxed);
  do {
    if (limit > 0 && (amount > limit || now > limit - amount)) return false;
  } while (!taken->compare_exchange_weak(now, now + amount, std::memory_order_relaxed));
  return true;
}

}  // namespace

Refusal SeriesBudget::TakePlace(std::optional<Transport> source, size_t bytes) {
  if (!Take(1, limits_.series, &series_)) return Refusal::kSeriesLimit;
  if (source && !Take(1, limits_.per_listener, &OfSource(*source))) {
    series_.fetch_sub(1, std::memory_order_relaxed);
    return Refusal::kListenerLimit;
  }
  if (!TakeBytesBelow(bytes, limits_.memory - limits_.memory / 16)) {
    series_.fetch_sub(1, std::memory_order_relaxed);
    if (source) OfSource(*source).fetch_sub(1, std::memory_order_relaxed);
    return Refusal::kMemoryLimit;
  }
  return Refusal::kNone;
}

void SeriesBudget::GivePlaceBack(std::optional<Transport> source, size_t bytes) {
  series_.fetch_sub(1, std::memory_order_relaxed);
  if (source) OfSource(*source).fetch_sub(1, std::memory_order_relaxed);
  AddBytes(-static_cast<int64_t>(bytes));
}

bool SeriesBudget::TakeBytes(size_t bytes) { return TakeBytesBelow(bytes, limits_.memory); }

bool SeriesBudget::TakeBytesBelow(size_t bytes, uint64_t limit) {
  return Take(bytes, limit, &bytes_);
}

void SeriesBudget::AddBytes(int64_t bytes) {
  bytes_.fetch_add(static_cast<uint64_t>(bytes), std::memory_order_relaxed);
  if (bytes < 0) returns_.fetch_add(1, std::memory_order_release);
}

}  // namespace weir
