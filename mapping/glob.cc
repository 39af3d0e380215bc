#include "mapping/glob.h"

#include <string>

namespace weir {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr bool IsSegmentByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == '*';
}

// Why `segment` cannot be part of a glob; empty when it can.
std::string ReasonAgainst(std::string_view segment, bool is_first) {
  if (segment.empty()) return "a segment between dots is empty";
  for (char c : segment) {
    if (IsSegmentByte(c)) continue;
    return "a glob has letters, digits, `_`, `-`, `*` and dots only; for other bytes write "
           "`match_type: "
           "regex`";
  }
  if (segment.find("**") != std::string_view::npos) {
    return "`**` means nothing; one `*` stands for any text up to the next dot";
  }
  if (segment[0] == '-') return "a segment cannot begin with `-`";
  if (is_first && IsDigit(segment[0])) return "the first segment cannot begin with a digit";
  return {};
}

}  // namespace

bool NextSegment(std::string_view* rest, std::string_view* segment) {
  if (rest->data() == nullptr) return false;
  const size_t dot = rest->find('.');
  *segment = rest->substr(0, dot);
  *rest = dot == std::string_view::npos ? std::string_view() : rest->substr(dot + 1);
  return true;
}

Result<Glob> Glob::Parse(std::string_view pattern) {
  Glob glob;
  if (pattern.empty()) return Error{"a glob rule needs a `match`, such as `match: app.*.requests`"};
  std::string_view segment;
  for (std::string_view rest = pattern; NextSegment(&rest, &segment);) {
    const std::string reason = ReasonAgainst(segment, glob.segments_.empty());
    if (!reason.empty()) return Error{"match `" + std::string(pattern) + "`: " + reason};
    glob.segments_.emplace_back(segment);
  }
  return glob;
}

bool Glob::Match(std::string_view name, Captures* captures) const {
  captures->assign(1, name);
  std::string_view segment;
  std::string_view rest = name.data() == nullptr ? std::string_view("", 0) : name;
  for (const Wildcard& wanted : segments_) {
    if (!NextSegment(&rest, &segment) || !wanted.Match(segment, captures)) return false;
  }
  return rest.data() == nullptr;
}

size_t Glob::stars() const {
  size_t stars = 0;
  for (const Wildcard& segment : segments_) stars += segment.stars();
  return stars;
}

}  // namespace weir
