// Wildcard: a text in which each `*` stands for any bytes, none included.
//
// One segment of a glob, or the value a tag must have. Where several readings are possible each
// star, from left to right, takes as little as it can (`*_*` on "a_b_c": "a" and "b_c").
// Matching takes one pass over the text.
//
// Thread safety: immutable.
// Tested by tests/unit/mapping/wildcard_test.cc.
#pragma once

#include <absl/container/inlined_vector.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// What the stars of a glob or the groups of a regex stood for, in order; views into the name. The
// first entry is the whole: `$0`.
using Captures = absl::InlinedVector<std::string_view, 16>;

class Wildcard {
 public:
  explicit Wildcard(std::string_view pattern);

  bool Matches(std::string_view text) const { return Match(text, nullptr); }
  // Appends what each star stood for when `text` matches, and nothing otherwise.
  bool Match(std::string_view text, Captures* captures) const;

  const std::string& pattern() const { return pattern_; }
  size_t stars() const { return pieces_.size() - 1; }
  bool is_literal() const { return stars() == 0; }
  std::string_view prefix() const { return pieces_.front(); }
  std::string_view suffix() const { return pieces_.back(); }
  // Bytes of text other than stars: how specific the pattern is.
  size_t literal_size() const { return literal_size_; }

 private:
  std::string pattern_;
  std::vector<std::string> pieces_;  // the texts between the stars; one more than there are stars
  size_t literal_size_ = 0;
};

}  // namespace weir
