// Pages as tests look at them: a table's page from slices of a size, a page cut into lines, the
// value of a series.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/number_text.h"
#include "exporter/exposition.h"
#include "exporter/series_table.h"

namespace weir {

inline constexpr std::chrono::nanoseconds kNoHurry = std::chrono::hours(1);

// Appends one more slice of a page; returns its bytes.
inline size_t AppendSlice(SeriesTable* table, Format format, int64_t now_nanos, size_t most_bytes,
                          RenderCursor* cursor, std::string* page) {
  std::string slice;
  FamilySpans spans;
  table->RenderSlice(Exposition::For(format), now_nanos, most_bytes, kNoHurry, cursor, &slice,
                     &spans);
  page->append(slice);
  return slice.size();
}

inline std::string PageOf(SeriesTable* table, Format format = Format::kText, int64_t now_nanos = 0,
                          size_t slice_bytes = std::numeric_limits<size_t>::max()) {
  std::string page;
  RenderCursor cursor;
  while (!cursor.done) AppendSlice(table, format, now_nanos, slice_bytes, &cursor, &page);
  return page;
}

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

inline std::string NumberText(double value) {
  std::string text;
  AppendNumber(value, &text);
  return text;
}

}  // namespace weir
