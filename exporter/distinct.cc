#include "exporter/distinct.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "exporter/heap_bytes.h"

namespace weir {
namespace {

constexpr uint8_t kMostExact = 64;
constexpr int kIndexBits = 12;
constexpr size_t kRegisters = size_t{1} << kIndexBits;
constexpr int kRankBits = 64 - kIndexBits;  // a register holds 0..kRankBits + 1

// Ertl's sigma: the registers that are still 0. 0 <= x < 1.
double Sigma(double x) {
  double sum = x;
  double before;
  double power = 1;
  do {
    before = sum;
    x *= x;
    sum += x * power;
    power += power;
  } while (sum != before);
  return sum;
}

// Ertl's tau: the registers that can grow no more.
double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double sum = 1 - x;
  double before;
  double power = 1;
  do {
    before = sum;
    x = std::sqrt(x);
    power *= 0.5;
    sum -= (1 - x) * (1 - x) * power;
  } while (sum != before);
  return sum / 3;
}

}  // namespace

double Distinct::Value(int64_t now_nanos) {
  if (window_end_ != 0 && now_nanos >= window_end_) Turn(now_nanos);
  return complete_ ? last_ : Count();
}

size_t Distinct::MemoryBytes() const {
  return HeapBytes(sizeof(*this)) + HeapBytes(capacity_ * sizeof(uint64_t)) +
         HeapBytes(registers_ ? kRegisters : 0);
}

void Distinct::Turn(int64_t now_nanos) {
  const int64_t begin = now_nanos - now_nanos % window_;
  const int64_t end = std::exchange(window_end_, begin + window_);
  if (end == 0) return;
  last_ = begin == end ? Count() : 0;
  complete_ = true;
  slots_.reset();
  registers_.reset();
  size_ = capacity_ = 0;
}

void Distinct::AddToSlots(uint64_t hash) {
  if (size_ * 4 >= capacity_ * 3) GrowSlots();
  if (!Place(hash)) return;
  if (size_ == kMostExact) return MoveToRegisters();
  ++size_;
}

bool Distinct::Place(uint64_t hash) {
  const size_t mask = capacity_ - size_t{1};
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    if (slots_[i] == hash) return false;
    if (slots_[i] != 0) continue;
    slots_[i] = hash;
    return true;
  }
}

void Distinct::GrowSlots() {
  const std::unique_ptr<uint64_t[]> old = std::move(slots_);
  const size_t old_capacity = capacity_;
  capacity_ = static_cast<uint8_t>(std::max<size_t>(4, old_capacity * 2));
  slots_ = std::make_unique<uint64_t[]>(capacity_);
  for (size_t i = 0; i < old_capacity; ++i) {
    if (old[i] != 0) Place(old[i]);
  }
}

void Distinct::MoveToRegisters() {
  registers_ = std::make_unique<uint8_t[]>(kRegisters);
  for (size_t i = 0; i < capacity_; ++i) {
    if (slots_[i] != 0) AddToRegisters(slots_[i]);
  }
  slots_.reset();
  size_ = capacity_ = 0;
}

void Distinct::AddToRegisters(uint64_t hash) {
  const uint64_t rest = hash << kIndexBits | uint64_t{1} << (kIndexBits - 1);
  const auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
  uint8_t& highest = registers_[hash >> kRankBits];
  highest = std::max(highest, rank);
}

double Distinct::Count() const {
  return registers_ ? std::max(std::round(Estimate()), kMostExact + 1.0) : size_;
}

double Distinct::Estimate() const {
  constexpr double kAlpha = 0.7213475204444817;  // 1 / (2 ln 2)
  constexpr double kCount = kRegisters;
  std::array<uint32_t, kRankBits + 2> registers_at{};
  for (size_t i = 0; i < kRegisters; ++i) ++registers_at[registers_[i]];
  double sum = kCount * Tau(1 - registers_at[kRankBits + 1] / kCount);
  for (size_t rank = kRankBits; rank >= 1; --rank) sum = (sum + registers_at[rank]) / 2;
  sum += kCount * Sigma(registers_at[0] / kCount);
  return kAlpha * kCount * kCount / sum;
}

}  // namespace weir
