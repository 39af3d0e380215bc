#include "exporter/memo.h"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace weir {

void Memo::Unmapper::operator()(Entry* entries) const { munmap(entries, bytes); }

Memo::Memo(size_t most, std::function<bool(size_t bytes)> may_take)
    : most_(most), may_take_(std::move(may_take)) {
  Allocate(kMinEntries);
}

// mmap gives zeroed pages (fate kEmpty) that cost nothing until touched, and gives them back at
// once.
void Memo::Allocate(size_t entry_count) {
  const size_t bytes = entry_count * sizeof(Entry);
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WEIR_CHECK(pages != MAP_FAILED);
  // From 2 MiB on a lookup misses the TLB as well as the cache without it.
  if (bytes >= size_t{2} << 20) madvise(pages, bytes, MADV_HUGEPAGE);
  entries_ = std::unique_ptr<Entry[], Unmapper>(static_cast<Entry*>(pages), Unmapper{bytes});
  mask_ = entry_count - 1;
  size_ = 0;
}

void Memo::Clear() {
  entries_.reset();
  Allocate(kMinEntries);
}

Memo::Entry* Memo::Place(const Hash128& hash) {
  const size_t start = hash.low & mask_;
  Entry* empty = nullptr;
  for (size_t i = 0; i < kWindow; ++i) {
    Entry& entry = entries_[(start + i) & mask_];
    if (entry.fate == Fate::kEmpty) {
      if (empty == nullptr) empty = &entry;
    } else if (entry.hash == hash) {
      return &entry;
    }
  }
  return empty;
}

Memo::Entry* Memo::Victim(const Hash128& hash) {
  for (size_t i = 0; i < kWindow; ++i) {
    victim_ = (victim_ + 1) % kWindow;
    Entry& entry = entries_[(hash.low + victim_) & mask_];
    if (entry.fate != Fate::kEmpty) return &entry;
  }
  return nullptr;
}

void Memo::Grow() {
  const size_t old_count = mask_ + 1;
  const auto old = std::move(entries_);
  Allocate(old_count * 2);
  for (size_t i = 0; i < old_count; ++i) {
    if (old[i].fate == Fate::kEmpty) continue;
    Entry* place = Place(old[i].hash);
    if (place == nullptr) continue;  // forgotten: the next such sample is a first sight again
    *place = old[i];
    ++size_;
  }
}

void Memo::Insert(const Entry& entry, size_t series_count) {
  if (most_ == 0) return;
  const size_t limit = std::min(most_, std::max(size_t{1} << 16, series_count * 2));
  Entry* place = Place(entry.hash);
  const bool crowded = place == nullptr || size_ * 8 > (mask_ + 1) * 5;
  const bool may_grow = mask_ + 1 < limit * 2 && size_ < limit;
  if (crowded && may_grow && (!may_take_ || may_take_(MemoryBytes()))) {
    Grow();
    place = Place(entry.hash);
  }
  if (place == nullptr || (place->fate == Fate::kEmpty && size_ >= limit)) {
    // Full: one of the window goes. The window starts at the hash, which nobody can choose.
    place = Victim(entry.hash);
    if (place == nullptr) return;
  }
  if (place->fate == Fate::kEmpty) ++size_;
  *place = entry;
}

}  // namespace weir
