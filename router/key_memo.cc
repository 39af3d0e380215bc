#include "router/key_memo.h"

#include <sys/mman.h>

#include <bit>

#include "common/check.h"

namespace weir {

void KeyMemo::Unmapper::operator()(Entry* entries) const { munmap(entries, bytes); }

KeyMemo::EntriesPtr KeyMemo::Allocate(size_t entries) {
  WEIR_CHECK(entries >= kWays && std::has_single_bit(entries));
  const size_t bytes = entries * sizeof(Entry);
  // Zeroed, aligned to cache lines, and free of cost until touched.
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WEIR_CHECK(pages != MAP_FAILED);
  return EntriesPtr(static_cast<Entry*>(pages), Unmapper{bytes});
}

KeyMemo::KeyMemo(size_t entries) : set_mask_(entries / kWays - 1), entries_(Allocate(entries)) {}

const KeyMemo::Key& KeyMemo::Insert(const Hash128& hash, const Key& key) {
  Entry* const set = SetOf(hash);
  // When none is free, the one where the search begins goes: the hash is secret, so nobody can
  // choose which.
  Entry* place = &set[hash.high % kWays];
  for (size_t i = 0; i < kWays; ++i) {
    Entry& entry = set[(hash.high + i) % kWays];
    if (entry.hash != Hash128()) continue;
    place = &entry;
    break;
  }
  *place = {hash, key};
  return place->key;
}

}  // namespace weir
