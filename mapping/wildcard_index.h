// WildcardIndex: many wildcards, and which of them match a text.
//
// Patterns are filed by the text before their first star and, under that, by the text after their
// last. Finding hashes one prefix of the text per prefix length in use, and one suffix per suffix
// length under each prefix that fits, so that it costs lengths and near matches, not patterns.
//
// Thread safety: reading from any thread once no more is added.
// Tested by tests/unit/mapping/wildcard_index_test.cc.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/text_hash.h"
#include "mapping/wildcard.h"

namespace weir {

class WildcardIndex {
 public:
  using Ids = absl::InlinedVector<uint32_t, 8>;

  // The id of `pattern`: 0, 1, 2... in the order they first came. Equal patterns have one id.
  uint32_t Add(std::string_view pattern);
  // Replaces `*ids` by the patterns that match, in no particular but always the same order.
  void Find(std::string_view text, Ids* ids) const;

  const Wildcard& pattern(uint32_t id) const { return patterns_[id]; }
  size_t size() const { return patterns_.size(); }

 private:
  // Values by a text that another text may begin or end with.
  template <class T>
  struct ByEnd {
    absl::flat_hash_map<std::string, T, TextHash, TextEqual> values;
    std::vector<size_t> lengths;  // of the keys; ascending, each once

    T& operator[](std::string_view text);
  };

  std::vector<Wildcard> patterns_;
  absl::flat_hash_map<std::string, uint32_t, TextHash, TextEqual> by_pattern_;
  ByEnd<ByEnd<std::vector<uint32_t>>> ids_;  // by prefix, then by suffix
};

}  // namespace weir
