// Glob: a rule's `match`, dot-separated segments of which a `*` stands for text without dots.
//
// A name matches when it has as many segments and each fits its own; an empty segment fits `*`. A
// segment may be a star alone, a literal, or a mixture (`foo_*`, `*-worker`).
//
// Thread safety: immutable.
// Tested by tests/unit/mapping/glob_test.cc.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "mapping/wildcard.h"

namespace weir {

class Glob {
 public:
  // The error says what is wrong with `pattern` and what would be right, without its place.
  static Result<Glob> Parse(std::string_view pattern);

  // On a match `*captures` becomes the whole name and what each star stood for.
  bool Match(std::string_view name, Captures* captures) const;

  const std::vector<Wildcard>& segments() const { return segments_; }
  size_t stars() const;

 private:
  std::vector<Wildcard> segments_;
};

// Takes the text before the first dot off `*rest`, and the dot. Returns false, leaving both alone,
// once the last segment has been taken; `*rest` then has a null data().
bool NextSegment(std::string_view* rest, std::string_view* segment);

}  // namespace weir
