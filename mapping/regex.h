// Regex: one regular expression of a rule, and RegexSet: all of them at once.
//
// RE2, whose syntax and answers are those of Go's regexp; expressions are searched for anywhere in
// the name. `(?<name>...)`, which newer Go also takes, is understood.
//
// Thread safety: matching from any thread.
// Tested by tests/unit/mapping/regex_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "mapping/wildcard.h"

namespace re2 {
class RE2;
}

namespace weir {

class Regex {
 public:
  // The error quotes the offending part, without the place of the whole.
  static Result<Regex> Compile(std::string_view pattern);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // The leftmost match: `*captures` becomes the matched text and then the groups, those that took
  // no part empty.
  bool Match(std::string_view text, Captures* captures) const;

  size_t groups() const;
  std::map<std::string, int> group_names() const;
  // As RE2 got it.
  const std::string& pattern() const;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> compiled);

  std::unique_ptr<re2::RE2> compiled_;
};

// Sorts out, in one pass over a name, the few expressions worth asking one by one.
class RegexSet {
 public:
  // Call Finish after the last one.
  RegexSet();
  ~RegexSet();

  // `rule` comes back from Find. REQUIRES: ascending rules.
  void Add(const Regex& regex, uint32_t rule);
  void Finish();

  // Replaces `*rules`, ascending, by those whose expression matches; when the set of expressions is
  // too large for its memory budget (64 MB), by all of them.
  void Find(std::string_view text, std::vector<int>* rules) const;

  bool empty() const { return rules_.empty(); }

 private:
  struct Compiled;

  std::vector<uint32_t> rules_;  // by the number RE2 knows the expression under
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace weir
