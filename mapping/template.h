// Template: the `name` or a label value of a rule, with references to what the match captured.
//
// Globs and regular expressions spell references differently, as statsd_exporter has it:
//   glob   `$`, an optional `{`, the longest run of letters, digits, `_` and `$`, an optional `}`.
//          A number from 0 (the whole name) to the number of stars is a capture; anything else is
//          nothing: `$1_x` is empty, `${1}_x` is what was meant. `$` before anything else is
//          itself.
//   regex  `$1`, `$name`, `${name}`, `$0` (the matched text), `$$` for a dollar. Without braces the
//          longest run of letters, digits and `_` counts. A malformed `$` is itself.
// References are replaced by place, each on its own, and `%` is only a percent sign.
//
// Thread safety: immutable.
// Tested by tests/unit/mapping/template_test.cc.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class Template {
 public:
  // `stars`: how many captures the glob has.
  static Template ForGlob(std::string_view text, size_t stars);
  // `groups`: how many groups the expression has, and the numbers of the named ones.
  static Template ForRegex(std::string_view text, size_t groups,
                           const std::map<std::string, int>& names);

  Template() = default;

  // Appends the text with the references filled in. `captures[0]` is the whole.
  void Expand(std::span<const std::string_view> captures, std::string* out) const;

  // Without live references, so that Expand always gives `literal()`.
  bool is_static() const { return pieces_.empty(); }
  const std::string& literal() const { return tail_; }

  // The text with a `*` for each live reference: what it can become.
  std::string Shape() const;

  // References, as written, that always come out empty: a number too high, a name unknown.
  const std::vector<std::string>& dead_references() const { return dead_references_; }

 private:
  struct Piece {
    std::string text;  // comes before the capture
    size_t capture;
  };

  void AddCapture(size_t capture);

  std::vector<Piece> pieces_;
  std::string tail_;
  std::vector<std::string> dead_references_;
};

}  // namespace weir
