// Conflicts: how many events were refused because their name has another type, by type and name.
//
// Names come from clients, so only the first kMostNames of the process get a count of their own;
// the rest share `other`.
// Thread safety: owned by one shard, except the process-wide list of names, which is locked and
// only asked about a name this shard has not seen refused before. Tested by
// tests/unit/exporter/conflicts_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/series_policy.h"

namespace weir {

class Conflicts {
 public:
  static constexpr size_t kMostNames = 100;

  struct Count {
    EventKind kind;
    std::string family;
    uint64_t events;
  };

  // The place to count conflicts of `family` in; stays valid.
  uint32_t SlotOf(EventKind kind, std::string_view family);
  void Add(uint32_t slot, uint64_t events) { counts_[slot].events += events; }
  const std::vector<Count>& counts() const { return counts_; }

 private:
  std::vector<Count> counts_;
};

}  // namespace weir
