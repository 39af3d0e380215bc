#include "common/diagnostics.h"

#include <algorithm>

namespace weir {

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
    for (char c : what) {
      // A text quoted from the file may hold line breaks; a finding is one line.
      c == '\n' ? line.append("\\n") : line.append(1, c);
    }
  }
  return lines;
}

}  // namespace weir
