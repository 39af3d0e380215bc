// SeriesTable's limits: the places and bytes it takes of its budget, and what becomes of the rest.
#include <algorithm>

#include "exporter/heap_bytes.h"
#include "exporter/series_table.h"

namespace weir {
namespace {

// What a series takes whatever it is called: its cell, the cold half of it, its place in its
// family, and its share of two hash tables that are two thirds full on average.
constexpr size_t kSeriesBytes = 32 + 40 + 8 + 24;

constexpr std::string_view kOverflowLabel = "overflow";

bool IsOverflow(std::span<const Label> labels) {
  return labels.size() == 1 && labels[0].name == kOverflowLabel && labels[0].value == "true";
}

// Whether what samples of this kind say can be added up.
bool FlowsOver(SeriesKind kind) { return kind != SeriesKind::kGauge && kind != SeriesKind::kSet; }

}  // namespace

size_t SeriesTable::SeriesBytes(std::string_view label_text) {
  return kSeriesBytes + (label_text.empty() ? 0 : HeapBytes(sizeof(uint32_t) + label_text.size()));
}

size_t SeriesTable::FamilyBytes(std::string_view name) {
  return HeapBytes(sizeof(Family)) + 3 * sizeof(Family*) +
         (name.size() < sizeof(std::string) / 2 ? 0 : HeapBytes(name.size() + 1));
}

size_t SeriesTable::ObserverBytes(const Cell& cell) {
  switch (cell.kind) {
    case SeriesKind::kCounter:
    case SeriesKind::kGauge:
      break;
    case SeriesKind::kSet:
      return cell.set->MemoryBytes();
    case SeriesKind::kSummary:
      return cell.summary->MemoryBytes();
    case SeriesKind::kHistogram:
      return cell.histogram->MemoryBytes();
  }
  return 0;
}

std::optional<Transport> SeriesTable::SourceOf(uint8_t place) {
  if (place < kFirstPlace) return std::nullopt;
  return static_cast<Transport>(place - kFirstPlace);
}

uint8_t SeriesTable::PlaceOf(std::optional<Transport> source, SeriesKind kind,
                             std::span<const Label> labels) const {
  if (options_.budget == nullptr) return kNoPlace;
  if (source) return static_cast<uint8_t>(kFirstPlace + static_cast<uint8_t>(*source));
  // The series for all that were beyond a limit is beyond the limits now, too, also when it is the
  // first of its family that is merged.
  return IsOverflow(labels) && FlowsOver(kind) ? kBytesOnly : kNoSource;
}

Refusal SeriesTable::TakePlace(const Family* family, const Wanted& wanted, uint8_t place,
                               MergedFrom merged_from) {
  SeriesBudget* const budget = options_.budget;
  if (budget == nullptr) return Refusal::kNone;
  size_t bytes = SeriesBytes(wanted.labels);
  if (family == nullptr) bytes += FamilyBytes(wanted.family);
  if (merged_from == MergedFrom::kPredecessor) {
    budget->AddBytes(static_cast<int64_t>(bytes));
    if (place != kBytesOnly) budget->AddPlace();
    return Refusal::kNone;
  }
  if (place == kBytesOnly) {
    return budget->TakeBytes(bytes) ? Refusal::kNone : Refusal::kMemoryLimit;
  }
  const uint64_t limit = budget->limits().per_family;
  if (family != nullptr && limit > 0) {
    const bool has_overflow =
        family->overflow != kGone && InfoAt(family->overflow).place == kBytesOnly;
    if (family->series.size() - family->gone - has_overflow >= limit) return Refusal::kFamilyLimit;
  }
  return budget->TakePlace(SourceOf(place), bytes);
}

// REQUIRES: the series is about to go, and still stands in its family.
void SeriesTable::GivePlaceBack(const Family& family, const Info& info, const Cell& cell) {
  SeriesBudget& budget = *options_.budget;
  AddWeight(-static_cast<int64_t>(std::min(ObserverBytes(cell), weighed_)));
  size_t bytes = SeriesBytes(LabelText(info));
  if (family.gone + 1 == family.series.size()) bytes += FamilyBytes(family.name);
  if (info.place == kBytesOnly) {
    budget.AddBytes(-static_cast<int64_t>(bytes));
  } else {
    budget.GivePlaceBack(SourceOf(info.place), bytes);
  }
}

bool SeriesTable::Overflow(std::string_view family_name, SeriesHandle* handle,
                           const Arrival& arrival) {
  const auto found = families_.find(family_name);
  if (found == families_.end()) return false;
  Family* const family = found->get();
  if (!FlowsOver(family->kind)) return false;
  if (family->overflow == kGone) {
    const Label label{std::string(kOverflowLabel), "true"};
    const Wanted wanted = Identify(family_name, std::span(&label, 1));
    // A client may have made one of these labels itself.
    const auto known = index_.find(wanted);
    if (known != index_.end()) {
      family->overflow = *known;
    } else {
      if (!options_.budget->TakeBytes(SeriesBytes(wanted.labels))) return false;
      family->overflow = MakeSeries(family, wanted, kBytesOnly, arrival.now_nanos);
    }
    overflows_.insert(family->overflow);
  }
  family->pace.AddSamples(1, arrival.now_nanos);
  *handle = {family->overflow, CellAt(family->overflow).generation};
  return true;
}

void SeriesTable::Reconsider() {
  if (options_.budget == nullptr) return;
  const uint64_t returns = options_.budget->returns();
  if (returns == seen_returns_) return;
  seen_returns_ = returns;
  ++epoch_;
  // Handles of whoever was sent there are current no longer, and odd it stays: it lives on.
  for (const uint32_t series : overflows_) CellAt(series).generation += 2;
}

void SeriesTable::AddWeight(int64_t bytes) {
  if (bytes == 0) return;
  weighed_ += static_cast<size_t>(bytes);
  options_.budget->AddBytes(bytes);
}

void SeriesTable::Weigh(uint32_t parts) {
  if (options_.budget == nullptr || used_ == 0) return;
  for (uint32_t left = used_ / parts + 1; left > 0; --left) {
    if (weigh_next_ >= used_) {
      AddWeight(static_cast<int64_t>(weighing_) - static_cast<int64_t>(weighed_));
      weigh_next_ = 0;
      weighing_ = 0;
      return;
    }
    const Cell& cell = CellAt(weigh_next_++);
    if (cell.live()) weighing_ += ObserverBytes(cell);
  }
}

}  // namespace weir
