#include "common/diagnostics.h"

#include <algorithm>
#include <string_view>

namespace weir {
namespace {

// A text quoted from the file may hold line breaks, and what a terminal obeys; a finding is a line.
void AppendShown(char c, std::string* line) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) return line->push_back(c);
  if (c == '\n') return static_cast<void>(line->append("\\n"));
  if (c == '\r') return static_cast<void>(line->append("\\r"));
  if (c == '\t') return static_cast<void>(line->append("\\t"));
  line->append("\\x").push_back(kHex[byte >> 4]);
  line->push_back(kHex[byte & 15]);
}

// What stands in backquotes may be a whole file of which somebody forgot the line breaks.
void AppendFinding(std::string_view what, std::string* line) {
  constexpr size_t kMostQuoted = 120;
  bool quoted = false, cut = false;
  size_t length = 0;
  for (const char c : what) {
    if (c == '`') {
      if (cut) line->append("...");
      quoted = !quoted, cut = false, length = 0;
    } else if (quoted && ++length > kMostQuoted) {
      const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;  // a character's rest
      cut = cut || !continues;
    }
    if (!cut) AppendShown(c, line);
  }
}

}  // namespace

std::vector<std::string> Diagnostics::Lines(std::vector<Finding> findings) const {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.first < b.first; });
  std::vector<std::string> lines;
  for (const auto& [where, what] : findings) {
    std::string& line = lines.emplace_back(file_);
    if (where.line != 0) {
      line += ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
    }
    line.append(": ");
    AppendFinding(what, &line);
  }
  return lines;
}

}  // namespace weir
