// Pages in Prometheus' text format as tests look at them: cut into lines, without HELP, the value
// of a series, the sum of a family.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

inline std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

// The page without its HELP lines.
inline std::string WithoutHelp(std::string_view page) {
  std::string rest;
  for (const std::string& line : LinesOf(page)) {
    if (!line.starts_with("# HELP ")) rest.append(line).push_back('\n');
  }
  return rest;
}

// What stands behind a series such as `a{b="c"}`; nothing when the page does not have it.
inline std::optional<std::string> ValueOf(std::string_view page, std::string_view series) {
  for (const std::string& line : LinesOf(page)) {
    if (line.starts_with(series) && line.size() > series.size() && line[series.size()] == ' ') {
      return line.substr(series.size() + 1);
    }
  }
  return std::nullopt;
}

// All series of a family added up, whatever their labels.
inline double SumOf(std::string_view page, std::string_view family) {
  double sum = 0;
  for (const std::string& line : LinesOf(page)) {
    const size_t name_end = line.find_first_of("{ ");
    if (line.starts_with('#') || std::string_view(line).substr(0, name_end) != family) continue;
    sum += std::atof(line.c_str() + line.rfind(' '));
  }
  return sum;
}

}  // namespace weir
