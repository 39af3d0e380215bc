#include "exporter/storage/journal.h"

#include <algorithm>

namespace weir {
namespace {

// Nobody may be scraping, and series be forgotten all the same.
constexpr size_t kMostForgottenBytes = size_t{64} << 10;

}  // namespace

Journal::Entry& Journal::EntryOf(uint32_t series) {
  while (series >> kChunkBits >= entries_.size()) {
    entries_.push_back(std::make_unique<Entry[]>(kChunk));
  }
  return entries_[series >> kChunkBits][series & (kChunk - 1)];
}

void Journal::OnKnown(uint32_t series, int64_t now_nanos) { EntryOf(series).logged = now_nanos; }

void Journal::OnShown(const SeriesView& view, int64_t now_nanos) {
  Entry& entry = EntryOf(view.series);
  if (view.cell.touched < entry.logged) return;
  writer_.AddValue(view, entry.birth != view.birth, now_nanos);
  entry = {view.birth, now_nanos};
}

void Journal::OnMerged(uint32_t series) {
  EntryOf(series).logged = std::numeric_limits<int64_t>::min();
}

void Journal::OnForgotten(const SeriesView& view) {
  Entry& entry = EntryOf(view.series);
  writer_.AddForgotten(view, entry.birth != view.birth);
  entry = {};
  if (writer_.size() > kMostForgottenBytes) OnSliceEnd(last_time_);
}

void Journal::OnSliceEnd(int64_t now_nanos) {
  last_time_ = now_nanos;
  if (writer_.size() > 0) log_(writer_.Take(now_nanos));
}

}  // namespace weir
