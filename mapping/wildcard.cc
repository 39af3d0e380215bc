#include "mapping/wildcard.h"

namespace weir {

Wildcard::Wildcard(std::string_view pattern) : pattern_(pattern) {
  for (size_t start = 0; start <= pattern.size();) {
    const size_t end = std::min(pattern.find('*', start), pattern.size());
    literal_size_ += pieces_.emplace_back(pattern.substr(start, end - start)).size();
    start = end + 1;
  }
}

bool Wildcard::Match(std::string_view text, Captures* captures) const {
  if (is_literal()) return text == prefix();
  if (text.size() < prefix().size() + suffix().size()) return false;
  if (!text.starts_with(prefix()) || !text.ends_with(suffix())) return false;
  const size_t middle_end = text.size() - suffix().size();
  const size_t captures_before = captures == nullptr ? 0 : captures->size();
  size_t position = prefix().size();
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    const size_t found = text.substr(0, middle_end).find(pieces_[i], position);
    if (found == std::string_view::npos) {
      if (captures != nullptr) captures->resize(captures_before);
      return false;
    }
    if (captures != nullptr) captures->push_back(text.substr(position, found - position));
    position = found + pieces_[i].size();
  }
  if (captures != nullptr) captures->push_back(text.substr(position, middle_end - position));
  return true;
}

}  // namespace weir
