// SeriesTable's page: rendering in slices.
#include <span>

#include "exporter/label_text.h"
#include "exporter/series_table.h"
#include "exporter/slice_time.h"

namespace weir {

// When a slice is full: it has the bytes or used the time it may.
class SeriesTable::SliceLimit {
 public:
  SliceLimit(size_t most_bytes, std::chrono::nanoseconds most_time)
      : most_bytes_(most_bytes), time_(most_time) {}

  bool Reached(const std::string& out) { return out.size() >= most_bytes_ || time_.Over(); }

 private:
  const size_t most_bytes_;
  SliceTime time_;
};

// Families and their series lie all over memory, and a page touches each once: waiting for that
// memory is most of its cost (half, with 300,000 families). So it is asked for ahead, in three
// steps, each of which reads what the one before has brought.
class SeriesTable::Ahead {
 public:
  Ahead(const SeriesTable& table, InOrder::const_iterator next) : table_(table), next_(next) {
    for (size_t i = 0; i < kFamily; ++i) Step();
  }

  // To be called once before each family.
  void Step() {
    const Family* family = nullptr;
    if (next_ != table_.in_order_.end()) {
      family = *next_++;
      AskFor(family, sizeof(Family));
    }
    families_[step_ % families_.size()] = family;
    if (const uint32_t series = FirstSeries(kFamily - kSeries); series != kGone) {
      AskFor(&table_.CellAt(series), sizeof(Cell));
      AskFor(&table_.InfoAt(series), sizeof(Info));
      AskFor(Behind(kFamily - kSeries)->name.data(), 1);
    }
    if (const uint32_t series = FirstSeries(kFamily - kValue); series != kGone) {
      AskFor(table_.InfoAt(series).labels, 1);
      const Cell& cell = table_.CellAt(series);
      if (cell.kind == SeriesKind::kSummary) AskFor(cell.summary, sizeof(Summary));
      if (cell.kind == SeriesKind::kHistogram) AskFor(cell.histogram, sizeof(Histogram));
    }
    ++step_;
  }

 private:
  // So many families ahead is each step taken.
  static constexpr size_t kFamily = 12, kSeries = 8, kValue = 4;

  static void AskFor(const void* object, size_t bytes) {
    const char* const begin = static_cast<const char*>(object);
    for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch(begin + line);
  }
  // The family of `steps` ago, or null.
  const Family* Behind(size_t steps) const {
    return step_ < steps ? nullptr : families_[(step_ - steps) % families_.size()];
  }
  uint32_t FirstSeries(size_t steps) const {
    const Family* family = Behind(steps);
    return family == nullptr ? kGone : family->series.front();
  }

  const SeriesTable& table_;
  InOrder::const_iterator next_;
  std::array<const Family*, 16> families_{};
  size_t step_ = 0;
};

void SeriesTable::RenderSlice(const Exposition& exposition, int64_t now_nanos, size_t most_bytes,
                              std::chrono::nanoseconds most_time, RenderCursor* cursor,
                              std::string* out, FamilySpans* spans) {
  RenderFamilies(exposition, now_nanos, most_bytes, most_time, cursor, out, spans);
  if (witness_ != nullptr) witness_->OnSliceEnd(now_nanos);
}

void SeriesTable::RenderFamilies(const Exposition& exposition, int64_t now_nanos, size_t most_bytes,
                                 std::chrono::nanoseconds most_time, RenderCursor* cursor,
                                 std::string* out, FamilySpans* spans) {
  SliceLimit limit(most_bytes, most_time);
  auto next = cursor->within ? in_order_.lower_bound(std::string_view(cursor->family))
                             : in_order_.upper_bound(std::string_view(cursor->family));
  for (Ahead ahead(*this, next); next != in_order_.end(); ++next) {
    ahead.Step();
    const Family& family = **next;
    // The family of the cursor may have gone meanwhile, and this be the one behind it.
    if (family.name != cursor->family) {
      cursor->family = family.name;
      cursor->within = false;
    }
    if (cursor->within && family.birth > cursor->last_birth) {
      // It went and came again, perhaps as another type: the page has its old self already.
      cursor->within = false;
      continue;
    }
    const bool whole = RenderFamily(exposition, now_nanos, family, &limit, cursor, out);
    spans->Add(family.name, out->size());
    if (!whole) return;
    cursor->within = false;
    if (limit.Reached(*out)) return;
  }
  cursor->done = true;
  observer_bytes_ = cursor->observer_bytes;
}

// False when the limit came before the family's last series.
bool SeriesTable::RenderFamily(const Exposition& exposition, int64_t now_nanos,
                               const Family& family, SliceLimit* limit, RenderCursor* cursor,
                               std::string* out) {
  const FamilyHead head{.name = family.name,
                        .type = TypeOf(family.kind),
                        .help = *family.help,
                        .continued = cursor->within,
                        .stem_taken = StemTaken(family)};
  const size_t mark = exposition.Begin(head, out);
  bool whole = true;
  for (size_t i = PositionAfter(family, *cursor); i < family.series.size(); ++i) {
    const uint32_t series = family.series[i];
    if (series == kGone) continue;
    if (!whole) {  // there is one more than the slice could hold
      exposition.End(mark, out);
      return false;
    }
    RenderSeries(exposition, now_nanos, series, cursor, out);
    if (witness_ != nullptr && family.kind != SeriesKind::kSet) {
      witness_->OnShown(ViewOf(series), now_nanos);
    }
    cursor->within = true;
    cursor->last_birth = InfoAt(series).birth;
    cursor->next_position = i + 1;
    cursor->compactions = compactions_;
    whole = !limit->Reached(*out);
  }
  exposition.End(mark, out);
  return true;
}

// Where the series after the cursor's begin. Positions hold until the family is compacted.
size_t SeriesTable::PositionAfter(const Family& family, const RenderCursor& cursor) const {
  if (!cursor.within) return 0;
  if (cursor.compactions == compactions_) return cursor.next_position;
  // Births ascend; for a place whose series is gone the next one speaks.
  size_t low = 0;
  size_t high = family.series.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    size_t known = middle;
    while (known < high && family.series[known] == kGone) ++known;
    if (known == high || InfoAt(family.series[known]).birth > cursor.last_birth) {
      high = middle;
    } else {
      low = known + 1;
    }
  }
  return low;
}

bool SeriesTable::StemTaken(const Family& family) const {
  constexpr std::string_view kTotal = "_total";
  const std::string_view name = family.name;
  if (family.kind != SeriesKind::kCounter || !name.ends_with(kTotal)) return false;
  const std::string_view stem = name.substr(0, name.size() - kTotal.size());
  return FindFamily(stem) != nullptr || reserved_.contains(stem);
}

void SeriesTable::RenderSeries(const Exposition& exposition, int64_t now_nanos, uint32_t series,
                               RenderCursor* cursor, std::string* out) {
  const Cell& cell = CellAt(series);
  const Info& info = InfoAt(series);
  const std::string_view name = info.family->name;
  const std::string_view labels = LabelText(info);
  switch (cell.kind) {
    case SeriesKind::kCounter:
      exposition.Counter(name, labels, cell.counter.value(), out);
      break;
    case SeriesKind::kGauge:
      exposition.Gauge(name, labels, cell.gauge, out);
      break;
    case SeriesKind::kSet:
      exposition.Gauge(name, labels, cell.set->Value(now_nanos), out);
      cursor->observer_bytes += cell.set->MemoryBytes();
      break;
    case SeriesKind::kSummary: {
      std::span<const Objective> objectives = info.family->summary->objectives;
      if (LetsGo(series, cell, now_nanos)) objectives = {};
      quantiles_.resize(objectives.size());
      if (!objectives.empty()) cell.summary->Quantiles(now_nanos, quantiles_);
      exposition.Summary(name, labels,
                         {objectives, quantiles_, cell.summary->sum(), cell.summary->count()}, out);
      cursor->observer_bytes += cell.summary->MemoryBytes();
      break;
    }
    case SeriesKind::kHistogram:
      exposition.Histogram(name, labels, cell.histogram->View(), out);
      cursor->observer_bytes += cell.histogram->MemoryBytes();
      break;
  }
}

}  // namespace weir
