// Pages of a table as tests look at them: made of slices of a size; and what tests ask of any page.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "common/number_text.h"
#include "exporter/exposition.h"
#include "exporter/series_table.h"
#include "tests/support/text_page.h"

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

inline std::string NumberText(double value) {
  std::string text;
  AppendNumber(value, &text);
  return text;
}

}  // namespace weir
