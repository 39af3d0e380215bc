// Ingest's first sights: from a sample that the memo does not know to where its like will go.
#include <algorithm>
#include <span>

#include "exporter/admit_sample.h"
#include "exporter/ingest.h"

namespace weir {

Memo::Known Ingest::FirstSight(const Sample& sample, const Hash128& hash, int64_t now_nanos) {
  const EventKind kind = EventKindOf(sample.type);
  ReadTags(parser_options_, sample.name,
           std::span(sample.label_fields).first(sample.label_field_count), &name_);
  mapper_->Resolve(name_.name, kind, name_.tags, &resolution_);

  Memo::Known known;
  known.has_labels = !name_.tags.empty();
  known.unmapped = resolution_.rule == nullptr;
  known.name_tag_errors = std::min(name_.name_tag_errors, Memo::kMaxTagErrors);
  known.field_tag_errors = std::min(name_.field_tag_errors, Memo::kMaxTagErrors);
  known = Settle(sample, known, now_nanos);

  const LastSights::Sight sight = {.hash = hash,
                                   .known = known,
                                   .name_excess = name_.name_tag_errors - known.name_tag_errors,
                                   .field_excess = name_.field_tag_errors - known.field_tag_errors};
  // A negative counter makes no series; the next one of this name may.
  const bool is_negative = known.fate == Memo::Fate::kRefused &&
                           known.refusal == static_cast<uint8_t>(Refusal::kNegativeCounter);
  if (is_negative || sight.name_excess + sight.field_excess > 0) {
    CountExcess(sample, sight);
    last_sights_.Keep(sample, sight);
    return known;
  }
  const bool no_errors = name_.name_tag_errors + name_.field_tag_errors == 0;
  if (known.fate == Memo::Fate::kSeries && known.refusal == 0 && no_errors) {
    known.tally = Tallies::Of(known, kind);
  }
  memo_.Insert({known, hash}, table_->series_count());
  return known;
}

// Where a sample seen for the first time goes, as far as `resolution_` says.
Memo::Known Ingest::Settle(const Sample& sample, Memo::Known known, int64_t now_nanos) {
  const auto refuse = [&](Refusal refusal) {
    known.fate = Memo::Fate::kRefused;
    known.refusal = static_cast<uint8_t>(refusal);
    known.generation = table_->epoch();
    return known;
  };
  if (resolution_.verdict == Resolution::Verdict::kDropped) {
    known.fate = Memo::Fate::kDropped;
    return known;
  }
  if (resolution_.verdict == Resolution::Verdict::kEmptyName) return refuse(Refusal::kEmptyName);

  const uint32_t owner = SeriesTable::OwnerOf(resolution_.family, exchange_->shard_count());
  if (owner != self_) {
    known.fate = Memo::Fate::kForeign;
    known.owner = static_cast<uint8_t>(owner);
    return known;
  }
  SeriesHandle handle;
  const Arrival arrival = {source_, now_nanos};
  const Refusal refusal = AdmitSample(resolution_, sample, arrival, table_, &handle);
  if (refusal == Refusal::kConflict) {
    known.series = conflicts_.SlotOf(EventKindOf(sample.type), resolution_.family);
  }
  if (refusal != Refusal::kNone) {
    if (!IsLimit(refusal) || !Overflows(refusal, arrival, &handle)) return refuse(refusal);
    known.refusal = static_cast<uint8_t>(refusal);
  } else if (ownership_ != nullptr) {
    table_->RememberKey(handle.series, sample_key_->HashOf(*ownership_, *mapper_, sample));
  }
  known.fate = Memo::Fate::kSeries;
  known.series = handle.series;
  known.generation = handle.generation;
  known.plan = PlanOf(resolution_, table_);
  known.kind = static_cast<uint8_t>(table_->KindOf(handle.series));
  return known;
}

// Whether what a limit has refused becomes part of the series that stands for all such.
bool Ingest::Overflows(Refusal refusal, const Arrival& arrival, SeriesHandle* handle) {
  limit_log_.Log(arrival.now_nanos, {{"limit", Name(refusal)}});
  refused_names_.Add(resolution_.family, refusal, arrival.now_nanos);
  return table_->Overflow(resolution_.family, handle, arrival);
}

// The memo is the largest part of what refused names can make grow.
bool Ingest::TakeForMemo(size_t bytes) {
  SeriesBudget* const budget = table_->budget();
  if (budget == nullptr) return true;
  if (!budget->TakeBytes(bytes)) return false;
  memo_told_ += bytes;
  return true;
}

// After it has shrunk, or was made.
void Ingest::TellMemo() {
  const size_t bytes = memo_.MemoryBytes();
  if (table_->budget() == nullptr || bytes == memo_told_) return;
  table_->budget()->AddBytes(static_cast<int64_t>(bytes) - static_cast<int64_t>(memo_told_));
  memo_told_ = bytes;
}

void Ingest::CountExcess(const Sample& sample, const LastSights::Sight& sight) {
  if (sight.known.fate == Memo::Fate::kForeign) return;  // its owner counts them
  stats_.tag_errors += sight.field_excess + (sample.first_of_line ? sight.name_excess : 0);
}

}  // namespace weir
