#include "common/topology/probe_answer.h"

namespace weir {
namespace {

constexpr size_t kMaxLine = 256;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

ProbeAnswer::Meaning ProbeAnswer::Feed(std::string_view bytes) {
  text_ += bytes.substr(0, kMaxLine + 1 - text_.size());
  const size_t end = text_.find('\n');
  if (end == text_.npos) return text_.size() > kMaxLine ? Meaning::kBad : Meaning::kUnclear;
  return IsUp(std::string_view(text_).substr(0, end)) ? Meaning::kUp : Meaning::kBad;
}

ProbeAnswer::Meaning ProbeAnswer::End() const {
  if (text_.empty()) return Meaning::kUnclear;
  return IsUp(text_) ? Meaning::kUp : Meaning::kBad;
}

bool ProbeAnswer::IsUp(std::string_view line) const {
  if (kind_ == HealthKind::kStatsd) return Trim(line) == "health: up";
  // "HTTP/1.1 204 No Content"
  constexpr size_t kStatus = 9;
  line = Trim(line);
  return line.size() >= kStatus + 3 && line.starts_with("HTTP/1.") && line[kStatus - 1] == ' ' &&
         line[kStatus] == '2' && IsDigit(line[kStatus + 1]) && IsDigit(line[kStatus + 2]) &&
         (line.size() == kStatus + 3 || line[kStatus + 3] == ' ');
}

}  // namespace weir
