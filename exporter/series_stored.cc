// What of a SeriesTable outlives the process: series are visited to be written down, and merged
// when they are read again.
#include <algorithm>
#include <utility>

#include "exporter/label_text.h"
#include "exporter/series_table.h"
#include "exporter/slice_time.h"

namespace weir {

SeriesView SeriesTable::ViewOf(uint32_t series) const {
  const Cell& cell = CellAt(series);
  const Info& info = InfoAt(series);
  return {.series = series,
          .birth = info.birth,
          .family = info.family->name,
          .labels = LabelText(info),
          .cell = cell,
          .rule = plans_.RuleOf(cell.plan),
          .ttl = plans_[cell.plan].ttl,
          .buckets = info.family->histogram};
}

bool SeriesTable::VisitSlice(uint32_t* next, std::chrono::nanoseconds most_time,
                             const std::function<bool(const SeriesView&)>& visit) const {
  SliceTime time(most_time);
  while (*next < used_) {
    const uint32_t series = (*next)++;
    const Cell& cell = CellAt(series);
    const bool wanted = cell.live() && cell.kind != SeriesKind::kSet;
    if (wanted && !visit(ViewOf(series))) return *next == used_;
    if (time.Over()) return *next == used_;
  }
  return true;
}

std::string_view SeriesTable::Merge(std::string_view family, const std::vector<Label>& labels,
                                    const SeriesPolicy& policy, const SeriesState& state,
                                    uint16_t plan, MergedFrom from) {
  const Family* const known = FindFamily(family);
  const bool only_merged = from == MergedFrom::kStorage && (known == nullptr || known->only_merged);
  const uint64_t births = births_;
  SeriesHandle handle;
  const Arrival arrival{.source = std::nullopt,
                        .now_nanos = std::max<int64_t>(state.touched, 0),
                        .merged_from = from};
  const Refusal refusal = Admit(family, labels, state.kind, policy, &handle, arrival);
  if (refusal != Refusal::kNone) return Name(refusal);
  const Info& info = InfoAt(handle.series);
  info.family->only_merged = only_merged;
  info.family->inherited = from == MergedFrom::kPredecessor;
  if (info.place == kBytesOnly) {
    info.family->overflow = handle.series;
    overflows_.insert(handle.series);
  }
  const bool is_new = births_ > births;
  Cell& cell = CellAt(handle.series);
  const bool is_later = is_new || state.touched > cell.touched;
  switch (state.kind) {
    case SeriesKind::kCounter:
      cell.counter.whole += state.counter.whole;
      cell.counter.fraction += state.counter.fraction;
      break;
    case SeriesKind::kGauge:
      if (is_later) cell.gauge = state.gauge;
      break;
    case SeriesKind::kSummary:
      cell.summary->AddTotals(state.sum, state.count);
      break;
    case SeriesKind::kHistogram:
      if (cell.histogram->Merge(state.histogram)) break;
      if (is_new) Forget(handle.series);
      return "buckets_changed";
    case SeriesKind::kSet:
      break;
  }
  if (is_later) {
    cell.touched = state.touched;
    cell.plan = plan;
  }
  if (witness_ != nullptr) witness_->OnMerged(handle.series);
  return {};
}

void SeriesTable::SetWitness(SeriesWitness* witness, int64_t now_nanos) {
  witness_ = witness;
  for (uint32_t series = 0; series < used_; ++series) {
    if (CellAt(series).live()) witness_->OnKnown(series, now_nanos);
  }
}

bool SeriesTable::GivesWay(const Family& family, const Arrival& arrival) {
  if (arrival.source) return family.only_merged;
  // What gives way to samples does not to what was written down earlier.
  return arrival.merged_from == MergedFrom::kPredecessor && !family.inherited;
}

bool SeriesTable::MakeWay(Family* known, std::string_view name, SeriesKind kind,
                          const Arrival& arrival) {
  if (known != nullptr && !GivesWay(*known, arrival)) return false;
  std::vector<Family*> in_way;
  if (Conflicts(name, kind, arrival, &in_way)) return false;
  if (known != nullptr) in_way.push_back(known);
  for (const Family* family : in_way) {
    const auto series = std::vector<uint32_t>(family->series.begin(), family->series.end());
    for (const uint32_t one : series) {
      if (one == kGone) continue;
      ++displaced_;
      Forget(one);
    }
  }
  return true;
}

}  // namespace weir
