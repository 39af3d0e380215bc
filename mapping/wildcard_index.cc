#include "mapping/wildcard_index.h"

#include <algorithm>

namespace weir {

template <class T>
T& WildcardIndex::ByEnd<T>::operator[](std::string_view text) {
  const auto place = std::lower_bound(lengths.begin(), lengths.end(), text.size());
  if (place == lengths.end() || *place != text.size()) lengths.insert(place, text.size());
  return values[std::string(text)];
}

uint32_t WildcardIndex::Add(std::string_view pattern) {
  const auto id = static_cast<uint32_t>(patterns_.size());
  const auto [known, is_new] = by_pattern_.try_emplace(std::string(pattern), id);
  if (!is_new) return known->second;
  const Wildcard& added = patterns_.emplace_back(pattern);
  ids_[added.prefix()][added.is_literal() ? "" : added.suffix()].push_back(id);
  return id;
}

void WildcardIndex::Find(std::string_view text, Ids* ids) const {
  ids->clear();
  for (size_t prefix_length : ids_.lengths) {
    if (prefix_length > text.size()) return;
    const auto under_prefix = ids_.values.find(text.substr(0, prefix_length));
    if (under_prefix == ids_.values.end()) continue;
    for (size_t suffix_length : under_prefix->second.lengths) {
      if (suffix_length > text.size() - prefix_length) break;
      const auto& by_suffix = under_prefix->second.values;
      const auto found = by_suffix.find(text.substr(text.size() - suffix_length));
      if (found == by_suffix.end()) continue;
      for (uint32_t id : found->second) {
        if (patterns_[id].Matches(text)) ids->push_back(id);
      }
    }
  }
}

}  // namespace weir
