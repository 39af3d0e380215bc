#include "exporter/ingest.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "common/line.h"
#include "exporter/admit_sample.h"

namespace weir {
namespace {

// A rule's name that comes out empty is no action of that rule, in the peer's count.
bool IsNameless(const Memo::Known& known) {
  return static_cast<Refusal>(known.refusal) == Refusal::kEmptyName;
}

// The peer repeats a sampled observation: so many events does a sample stand for.
uint64_t EventsOf(const Sample& sample) {
  return sample.type == SampleType::kObserver ? sample.weight : 1;
}

std::span<const std::string_view> FieldsOf(const Sample& sample) {
  return std::span(sample.label_fields).first(sample.label_field_count);
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
      memo_(options.memo_entries, [this](size_t bytes) { return TakeForMemo(bytes); }),
      reader_(parser_options_, &stats_.parse),
      sample_hash_(ProcessSampleHash()),
      line_log_(LogLevel::kDebug, "Incoming line", 1000, std::chrono::seconds(1)),
      limit_log_(LogLevel::kWarn, "A limit keeps new series out, /api/v1/top tells of whom", 1,
                 std::chrono::minutes(1)) {
  TellMemo();
}

void Ingest::OnDatagram(std::string_view datagram, Transport transport) {
  TakeLines(datagram, Framing::kDatagram, transport);
  // A frame of a stream is gone after this call; a datagram stays until OnBatchEnd.
  if (transport == Transport::kUnixStream) Apply();
}

void Ingest::OnStream(std::string_view lines, Transport transport) {
  TakeLines(lines, Framing::kStream, transport);
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
      [this](const Sample& sample, const Hash128& hash, Transport source) {
        SetSource(source);
        samples_[staged_] = sample;
        StageSample(hash);
      },
      [this] { Apply(); });
}

void Ingest::SetMapper(std::shared_ptr<const Mapper> mapper) {
  Apply();
  mapper_ = std::move(mapper);
  memo_.Clear();
  TellMemo();
  last_sights_.Clear();
  UpdatePlans(*mapper_, table_);
}

void Ingest::SetOwnership(std::shared_ptr<const Ownership> ownership) {
  Apply();
  if (ownership_ == nullptr || !ownership->SameKeys(*ownership_)) {
    sample_key_.emplace(*ownership);
    memo_.Clear();
    TellMemo();
    last_sights_.Clear();
  }
  ownership_ = std::move(ownership);
  table_->SetOwnership(ownership_);
}

inline void Ingest::Stage(const Hash128& hash) {
  stage_[staged_].hash = hash;
  memo_.Prefetch(hash);
  if (++staged_ == kStage) Apply();
}

// What is staged came by one transport.
inline void Ingest::SetSource(Transport source) {
  if (source == source_) [[likely]]
    return;
  if (staged_ > 0) Apply();
  source_ = source;
}

void Ingest::TakeLines(std::string_view block, Framing framing, Transport transport) {
  SetSource(transport);
  const bool watched = relay_ != nullptr || LogEnabled(LogLevel::kDebug);
  LineGlance glance(block, framing, parser_options_.relative_gauges);
  while (glance.more()) {
    SimpleLine line;
    if (glance.TakeSimple(&line)) [[likely]] {
      if (watched) [[unlikely]]
        Watch(line.line(), transport);
      SampleHash::Sum sum = sample_hash_.OfName(line.name());
      if (line.tags_size > 0) sum += sample_hash_.OfField(line.tags());
      stage_[staged_].line = line;
      Stage(sample_hash_.Finish(sum, line.sample_type()));
    } else {
      const std::string_view text = glance.Take();
      if (watched) [[unlikely]]
        Watch(text, transport);
      TakeLine(text);
    }
  }
}

void Ingest::Watch(std::string_view line, Transport transport) {
  if (LogEnabled(LogLevel::kDebug)) {
    line_log_.Log(clock_.NowNanos(), {{"transport", Name(transport)}, {"line", line}});
  }
  if (relay_ != nullptr) relay_->Add(line);
}

void Ingest::TakeLine(std::string_view line) {
  ++stats_.lines;
  if (reader_.Open(line) != LineVerdict::kSampled) return;
  hashed_.name = nullptr;  // another line may stand where the last one stood
  while (reader_.Next(&samples_[staged_])) StageSample(HashOf(samples_[staged_]));
}

Hash128 Ingest::HashOf(const Sample& sample) {
  const char* const fields =
      sample.label_field_count == 0 ? nullptr : sample.label_fields[0].data();
  if (sample.name.data() != hashed_.name) {
    hashed_ = {.name = sample.name.data(), .name_sum = sample_hash_.OfName(sample.name)};
  }
  if (fields != hashed_.fields) {
    hashed_.fields = fields;
    hashed_.fields_sum = sample_hash_.OfFields(FieldsOf(sample));
  }
  return sample_hash_.Finish(hashed_.name_sum + hashed_.fields_sum, sample.type);
}

void Ingest::StageSample(const Hash128& hash) {
  stage_[staged_].line.text = nullptr;
  Stage(hash);
}

inline Memo::Known Ingest::Recall(const Hash128& hash) const {
  const Memo::Entry* entry = memo_.Find(hash);
  return entry == nullptr ? Memo::Known() : Memo::Known(*entry);
}

// The way of nearly all lines; false, and nothing done, when this is not one of them.
[[gnu::always_inline]] inline bool Ingest::ApplySimple(const Staged& staged, int64_t now_nanos) {
  const Memo::Known& known = staged.known;
  if (known.tally == 0 || !table_->Current({known.series, known.generation})) return false;
  const Refusal refusal =
      table_->Apply(known.series, known.plan, staged.line.measurement(), 0, now_nanos);
  if (refusal != Refusal::kNone) return false;
  ++tallies_.counts[known.tally];
  return true;
}

[[gnu::always_inline]] inline void Ingest::ApplyStaged(size_t i, int64_t now_nanos) {
  const Staged& staged = stage_[i];
  if (staged.line.text == nullptr) {
    ApplySample(samples_[i], staged.hash, staged.known, now_nanos);
  } else if (!ApplySimple(staged, now_nanos)) {
    ApplyLine(staged, now_nanos);
  }
}

void Ingest::Apply() {
  // Samples of different kinds belong to different series, so they may change places; which kind
  // comes next would be guessed wrong for every other line.
  std::array<std::array<uint8_t, kStage>, kSeriesKindCount> by_kind;
  std::array<size_t, kSeriesKindCount> counts{};
  bool all_simple = true;
  for (size_t i = 0; i < staged_; ++i) {
    Staged& staged = stage_[i];
    staged.known = Recall(staged.hash);
    if (staged.known.fate == Memo::Fate::kSeries) table_->PrefetchCell(staged.known.series);
    all_simple &= staged.known.tally != 0 && staged.line.text != nullptr;
    by_kind[staged.known.kind][counts[staged.known.kind]++] = static_cast<uint8_t>(i);
  }
  stats_.batches += staged_ > 0;
  const int64_t now = clock_.NowNanos();
  if (!all_simple) {
    counts = {staged_};
    std::iota(by_kind[0].begin(), by_kind[0].end(), 0);
  }
  for (size_t kind = 0; kind < kSeriesKindCount; ++kind) {
    for (size_t i = 0; i < counts[kind]; ++i) ApplyStaged(by_kind[kind][i], now);
  }
  CountPace(now);
  staged_ = 0;
  if (sent_) on_sent_();
  sent_ = false;
}

// First sights are counted by the table.
void Ingest::CountPace(int64_t now_nanos) {
  pace_sampler_.Take(staged_, [&](size_t i, uint32_t count) {
    const Memo::Known& known = stage_[i].known;
    if (known.fate == Memo::Fate::kSeries && table_->Current({known.series, known.generation})) {
      table_->CountSamples(known.series, count, now_nanos);
    }
  });
}

void Ingest::Tick() {
  line_log_.ReportSkipped(clock_.NowNanos());
  table_->Reconsider();
  pace_sampler_.Tick();
}

// A simple line that counts as something else, or is no more than a guess yet.
void Ingest::ApplyLine(const Staged& staged, int64_t now_nanos) {
  ++stats_.lines;
  Sample sample;
  if (IsFresh(staged.known)) {
    ++stats_.parse.lines[static_cast<size_t>(LineVerdict::kSampled)];
    ++stats_.parse.samples;
    staged.line.CopyTo(&sample);
    return ApplySample(sample, staged.hash, staged.known, now_nanos);
  }
  LineReader reader(parser_options_, &stats_.parse);
  if (reader.Open(staged.line.line()) != LineVerdict::kSampled) return;
  hashed_.name = nullptr;
  while (reader.Next(&sample)) {
    const Hash128 hash = HashOf(sample);
    ApplySample(sample, hash, Recall(hash), now_nanos);
  }
}

bool Ingest::IsFresh(const Memo::Known& known) const {
  switch (known.fate) {
    case Memo::Fate::kEmpty:
      return false;
    case Memo::Fate::kSeries:
      return table_->Current({known.series, known.generation});
    case Memo::Fate::kRefused:
      return known.generation == table_->epoch();
    case Memo::Fate::kForeign:
    case Memo::Fate::kDropped:
      break;
  }
  return true;
}

void Ingest::ApplySample(const Sample& sample, const Hash128& hash, Memo::Known known,
                         int64_t now_nanos) {
  ++stats_.memo_gets;
  // What is staged together was looked up together: the sample before may have been the first.
  if (!IsFresh(known)) known = Recall(hash);
  if (!IsFresh(known)) {
    ++stats_.memo_misses;
    const LastSights::Sight* const last = last_sights_.Find(sample, hash);
    if (last != nullptr && IsFresh(last->known)) {
      known = last->known;
      CountExcess(sample, *last);
    } else {
      known = FirstSight(sample, hash, now_nanos);
    }
  }
  ApplyKnown(known, sample, hash, now_nanos);
}

void Ingest::ApplyKnown(const Memo::Known& known, const Sample& sample, const Hash128& hash,
                        int64_t now_nanos) {
  const uint64_t events = EventsOf(sample);
  if (known.fate == Memo::Fate::kForeign) {
    if (!exchange_->Send(self_, known.owner, sample, hash, source_)) {
      CountRefused(Refusal::kHandoffFull, events, 0);
    }
    sent_ = true;
    return;
  }
  stats_.tags += known.has_labels;
  stats_.tag_errors += known.field_tag_errors + (sample.first_of_line ? known.name_tag_errors : 0);
  if (known.fate == Memo::Fate::kDropped) {
    ++stats_.dropped_by_rule;
    stats_.events_dropped += events;
    return;
  }
  if (known.unmapped) {
    stats_.events_unmapped += events;
  } else if (!(known.fate == Memo::Fate::kRefused && IsNameless(known))) {
    stats_.events_mapped += events;
  }
  if (known.fate == Memo::Fate::kRefused) {
    return CountRefused(static_cast<Refusal>(known.refusal), events, known.series);
  }
  const uint64_t member_hash =
      sample.type == SampleType::kSet ? ProcessHash().Of64(sample.member) : 0;
  const Refusal refusal = table_->Apply(known.series, known.plan, sample, member_hash, now_nanos);
  if (refusal != Refusal::kNone) return CountRefused(refusal, events, 0);
  ++stats_.applied;
  stats_.overflowed[known.refusal] += known.refusal != 0;
  stats_.events_applied[static_cast<size_t>(EventKindOf(sample.type))] += events;
}

void Ingest::CountRefused(Refusal refusal, uint64_t events, uint32_t conflict_slot) {
  ++stats_.refused[static_cast<size_t>(refusal)];
  stats_.events_refused[static_cast<size_t>(refusal)] += events;
  if (refusal == Refusal::kConflict) conflicts_.Add(conflict_slot, events);
}

ShardStats Ingest::stats() const {
  ShardStats all = stats_;
  tallies_.AddTo(&all);
  return all;
}

}  // namespace weir
