#include "exporter/ingest.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/line.h"
#include "exporter/admit_sample.h"

namespace weir {
namespace {

// A rule's name that comes out empty is no action of that rule, in the peer's count.
bool IsNameless(const Memo::Entry& entry) {
  return static_cast<Refusal>(entry.refusal) == Refusal::kEmptyName;
}

// The peer repeats a sampled observation: so many events does a sample stand for.
uint64_t EventsOf(const Sample& sample) {
  return sample.type == SampleType::kObserver ? sample.weight : 1;
}

}  // namespace

Ingest::Ingest(const IngestOptions& options, uint32_t self, SeriesTable* table, Exchange* exchange,
               const Clock& clock, std::function<void()> on_sent)
    : self_(self),
      table_(table),
      exchange_(exchange),
      clock_(clock),
      on_sent_(std::move(on_sent)),
      parser_options_(options.parser),
      mapper_(std::make_shared<const Mapper>()),
      memo_(options.memo_entries),
      reader_(parser_options_, &stats_.parse),
      secret_(ProcessHash()),
      line_log_(LogLevel::kDebug, "Incoming line", 1000, std::chrono::seconds(1)) {}

void Ingest::OnDatagram(std::string_view datagram, Transport transport) {
  LineCutter cutter(datagram, Framing::kDatagram);
  for (std::string_view line; cutter.Next(&line);) TakeLine(line, transport);
  // A frame of a stream is gone after this call; a datagram stays until OnBatchEnd.
  if (transport == Transport::kUnixStream) Apply();
}

void Ingest::OnStream(std::string_view lines, Transport transport) {
  LineCutter cutter(lines, Framing::kStream);
  for (std::string_view line; cutter.Next(&line);) TakeLine(line, transport);
  Apply();
}

// Other shards are heard after each batch too, not only when the bell rings: left for a whole turn
// under full load their rings overflowed (docs/design.md).
void Ingest::OnBatchEnd() {
  Apply();
  Receive();
}

void Ingest::Receive() {
  exchange_->Receive(
      self_,
      [this](const Sample& sample, const Hash128& hash) {
        stage_[staged_].sample = sample;
        Stage(hash);
      },
      [this] { Apply(); });
}

void Ingest::SetMapper(std::shared_ptr<const Mapper> mapper) {
  Apply();
  mapper_ = std::move(mapper);
  memo_.Clear();
  UpdatePlans(*mapper_, table_);
}

void Ingest::TakeLine(std::string_view line, Transport transport) {
  ++stats_.lines;
  if (LogEnabled(LogLevel::kDebug)) [[unlikely]] {
    line_log_.Log(clock_.NowNanos(), {{"transport", Name(transport)}, {"line", line}});
  }
  if (relay_ != nullptr) relay_->Add(line);
  if (reader_.Open(line) != LineVerdict::kSampled) return;
  hashed_.name = nullptr;  // another line may stand where the last one stood
  while (reader_.Next(&stage_[staged_].sample)) Stage(HashOf(stage_[staged_].sample));
}

Hash128 Ingest::HashOf(const Sample& sample) {
  const char* const fields =
      sample.label_field_count == 0 ? nullptr : sample.label_fields[0].data();
  if (sample.name.data() != hashed_.name) {
    hashed_.name = sample.name.data();
    hashed_.name_hash = secret_.Of(sample.name);
    hashed_.fields = nullptr;
    hashed_.hash = hashed_.name_hash;
  }
  if (fields != hashed_.fields) {
    hashed_.fields = fields;
    hashed_.hash = hashed_.name_hash;
    for (uint8_t i = 0; i < sample.label_field_count; ++i) {
      hashed_.hash = SecretHash::Chain(hashed_.hash, secret_.Of(sample.label_fields[i]));
    }
  }
  Hash128 hash = hashed_.hash;
  hash.high += static_cast<uint64_t>(sample.type);
  return hash;
}

void Ingest::Stage(const Hash128& hash) {
  stage_[staged_].hash = hash;
  memo_.Prefetch(hash);
  if (++staged_ == kStage) Apply();
}

void Ingest::Apply() {
  for (size_t i = 0; i < staged_; ++i) {
    Staged& staged = stage_[i];
    const Memo::Entry* entry = memo_.Find(staged.hash);
    if (entry == nullptr) {
      staged.entry.fate = Memo::Fate::kEmpty;
      continue;
    }
    staged.entry = *entry;
    if (entry->fate == Memo::Fate::kSeries) table_->PrefetchCell(entry->series);
  }
  stats_.memo_gets += staged_;
  stats_.batches += staged_ > 0;
  const int64_t now = clock_.NowNanos();
  for (size_t i = 0; i < staged_; ++i) ApplyOne(stage_[i], now);
  staged_ = 0;
  if (sent_) on_sent_();
  sent_ = false;
}

void Ingest::ApplyOne(const Staged& staged, int64_t now_nanos) {
  const Memo::Entry& entry = staged.entry;
  switch (entry.fate) {
    case Memo::Fate::kSeries:
      if (table_->Current({entry.series, entry.generation})) [[likely]] {
        return ApplyKnown(entry, staged, now_nanos);
      }
      break;
    case Memo::Fate::kRefused:
      if (entry.generation == table_->epoch()) return ApplyKnown(entry, staged, now_nanos);
      break;
    case Memo::Fate::kForeign:
    case Memo::Fate::kDropped:
      return ApplyKnown(entry, staged, now_nanos);
    case Memo::Fate::kEmpty:
      break;
  }
  ++stats_.memo_misses;
  ApplyKnown(FirstSight(staged), staged, now_nanos);
}

void Ingest::ApplyKnown(const Memo::Entry& entry, const Staged& staged, int64_t now_nanos) {
  const Sample& sample = staged.sample;
  const uint64_t events = EventsOf(sample);
  if (entry.fate == Memo::Fate::kForeign) {
    if (!exchange_->Send(self_, entry.owner, sample, staged.hash)) {
      CountRefused(Refusal::kHandoffFull, events, 0);
    }
    sent_ = true;
    return;
  }
  stats_.tags += entry.has_labels;
  stats_.tag_errors += entry.field_tag_errors + (sample.first_of_line ? entry.name_tag_errors : 0);
  if (entry.fate == Memo::Fate::kDropped) {
    ++stats_.dropped_by_rule;
    stats_.events_dropped += events;
    return;
  }
  if (entry.unmapped) {
    stats_.events_unmapped += events;
  } else if (!(entry.fate == Memo::Fate::kRefused && IsNameless(entry))) {
    stats_.events_mapped += events;
  }
  if (entry.fate == Memo::Fate::kRefused) {
    return CountRefused(static_cast<Refusal>(entry.refusal), events, entry.series);
  }
  const uint64_t member_hash = sample.type == SampleType::kSet ? secret_.Of64(sample.member) : 0;
  const Refusal refusal = table_->Apply(entry.series, static_cast<uint16_t>(entry.rule), sample,
                                        member_hash, now_nanos);
  if (refusal != Refusal::kNone) return CountRefused(refusal, events, 0);
  ++stats_.applied;
  stats_.events_applied[static_cast<size_t>(EventKindOf(sample.type))] += events;
}

Memo::Entry Ingest::FirstSight(const Staged& staged) {
  const Sample& sample = staged.sample;
  ReadTags(parser_options_, sample.name,
           std::span(sample.label_fields).first(sample.label_field_count), &name_);
  mapper_->Resolve(name_.name, EventKindOf(sample.type), name_.tags, &resolution_);

  Memo::Entry entry;
  entry.hash = staged.hash;
  entry.has_labels = !name_.tags.empty();
  entry.unmapped = resolution_.rule == nullptr;
  entry.name_tag_errors = std::min(name_.name_tag_errors, Memo::kMaxTagErrors);
  entry.field_tag_errors = std::min(name_.field_tag_errors, Memo::kMaxTagErrors);
  const uint32_t name_excess = name_.name_tag_errors - entry.name_tag_errors;
  const uint32_t field_excess = name_.field_tag_errors - entry.field_tag_errors;

  entry = Settle(staged, entry);
  if (name_excess + field_excess > 0) {
    if (entry.fate != Memo::Fate::kForeign) {
      stats_.tag_errors += field_excess + (sample.first_of_line ? name_excess : 0);
    }
    return entry;
  }
  // A negative counter makes no series; the next one of this name may.
  if (entry.fate == Memo::Fate::kRefused &&
      entry.refusal == static_cast<uint8_t>(Refusal::kNegativeCounter)) {
    return entry;
  }
  memo_.Insert(entry, table_->series_count());
  return entry;
}

// Where a sample seen for the first time goes, as far as `resolution_` says.
Memo::Entry Ingest::Settle(const Staged& staged, Memo::Entry entry) {
  const auto refuse = [&](Refusal refusal) {
    entry.fate = Memo::Fate::kRefused;
    entry.refusal = static_cast<uint8_t>(refusal);
    entry.generation = table_->epoch();
    return entry;
  };
  if (resolution_.verdict == Resolution::Verdict::kDropped) {
    entry.fate = Memo::Fate::kDropped;
    return entry;
  }
  if (resolution_.verdict == Resolution::Verdict::kEmptyName) return refuse(Refusal::kEmptyName);

  const uint32_t owner = SeriesTable::OwnerOf(resolution_.family, exchange_->shard_count());
  if (owner != self_) {
    entry.fate = Memo::Fate::kForeign;
    entry.owner = static_cast<uint8_t>(owner);
    return entry;
  }
  const Sample& sample = staged.sample;
  SeriesHandle handle;
  const Refusal refusal = AdmitSample(resolution_, sample, table_, &handle);
  if (refusal == Refusal::kConflict) {
    entry.series = conflicts_.SlotOf(EventKindOf(sample.type), resolution_.family);
  }
  if (refusal != Refusal::kNone) return refuse(refusal);
  entry.fate = Memo::Fate::kSeries;
  entry.series = handle.series;
  entry.generation = handle.generation;
  entry.rule = PlanOf(resolution_, table_);
  return entry;
}

void Ingest::CountRefused(Refusal refusal, uint64_t events, uint32_t conflict_slot) {
  ++stats_.refused[static_cast<size_t>(refusal)];
  stats_.events_refused[static_cast<size_t>(refusal)] += events;
  if (refusal == Refusal::kConflict) conflicts_.Add(conflict_slot, events);
}

}  // namespace weir
