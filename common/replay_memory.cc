#include "common/replay_memory.h"

#include <algorithm>

namespace weir {

ReplayMemory::Verdict ReplayMemory::Take(const Hash128& signature, uint64_t stamp, int64_t now) {
  ForgetBefore(now - max_skew_);
  const auto second = static_cast<int64_t>(std::min<uint64_t>(stamp, INT64_MAX));
  if (second < forgotten_before_) return Verdict::kTooOld;
  if (second > now + max_skew_) return Verdict::kTooNew;
  const auto found = by_second_.find(second);
  if (found != by_second_.end() && found->second.contains(signature)) return Verdict::kReplayed;
  if (size_ >= most_) return Verdict::kFull;
  by_second_[second].insert(signature);
  ++size_;
  return Verdict::kNew;
}

void ReplayMemory::ForgetBefore(int64_t second) {
  // A clock that goes back makes nothing young again that was forgotten.
  forgotten_before_ = std::max(forgotten_before_, second);
  while (!by_second_.empty() && by_second_.begin()->first < forgotten_before_) {
    size_ -= by_second_.begin()->second.size();
    by_second_.erase(by_second_.begin());
  }
}

}  // namespace weir
