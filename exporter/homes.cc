#include "exporter/homes.h"

#include <algorithm>

namespace weir {

void Homes::SetOwnership(std::shared_ptr<const Ownership> ownership) {
  if (!ownership->SameKeys(*ownership_)) {
    first_.clear();
    several_.clear();
  }
  ownership_ = std::move(ownership);
}

uint64_t* Homes::Find(uint32_t series) const {
  const size_t chunk = series >> kChunkBits;
  if (chunk >= first_.size() || first_[chunk] == nullptr) return nullptr;
  return &first_[chunk][series & (kChunk - 1)];
}

void Homes::Remember(uint32_t series, uint64_t key_hash) {
  const size_t chunk = series >> kChunkBits;
  if (chunk >= first_.size()) first_.resize(chunk + 1);
  if (first_[chunk] == nullptr) first_[chunk] = std::make_unique<uint64_t[]>(kChunk);
  uint64_t& first = first_[chunk][series & (kChunk - 1)];
  if (first == kUnknown) first = key_hash;
  if (first == key_hash) return;
  std::vector<uint64_t>& keys = several_.try_emplace(series, 1, first).first->second;
  // One more than is kept says that there are more.
  if (keys.size() <= kMostKeys && std::ranges::find(keys, key_hash) == keys.end()) {
    keys.push_back(key_hash);
  }
}

void Homes::Forget(uint32_t series) {
  if (uint64_t* const first = Find(series)) *first = kUnknown;
  if (!several_.empty()) several_.erase(series);
}

bool Homes::LetsGo(uint32_t series, int64_t touched, int64_t now) const {
  const uint64_t* const first = Find(series);
  if (first == nullptr || *first == kUnknown) return false;
  if (!ownership_->LetsGo(*first, touched, now)) return false;
  const auto several = several_.find(series);
  if (several == several_.end()) return true;
  return several->second.size() <= kMostKeys &&
         std::ranges::all_of(several->second, [&](uint64_t key_hash) {
           return ownership_->LetsGo(key_hash, touched, now);
         });
}

size_t Homes::MemoryBytes() const {
  size_t bytes = first_.capacity() * sizeof(first_[0]);
  for (const auto& chunk : first_) bytes += chunk == nullptr ? 0 : kChunk * sizeof(uint64_t);
  bytes += several_.capacity() * (sizeof(std::pair<uint32_t, std::vector<uint64_t>>) + 1);
  // Their keys are four, about.
  return bytes + several_.size() * 4 * sizeof(uint64_t);
}

}  // namespace weir
