// Ingest: from lines to series, the receiving half of a shard.
//
// Cuts lines, parses samples, and sends each where its series lives. They are staged, 32 at a time,
// so that the memory their series need is on its way before they are applied:
//
//   simple line ---------.hash
//   other line -> samples +-> [stage: prefetch memo] -> memo -> [prefetch cell] -> apply | send
//                                                          \ first sight: tags, mapper, admission
//
// A simple line (common/simple_line.h) is only guessed at; the memo vouches for it. One that the
// memo does not know goes through a LineReader as all others do.
//
// On a known series there is no lock, no allocation and no clock call.
// Thread safety: owned by one shard. The text given must stay valid until OnBatchEnd.
// Tested by tests/unit/exporter/ingest_{,order_,refusals_,conservation_,limits_,sights_}test.cc and
// others there (allocations, cases).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/listener.h"
#include "common/log.h"
#include "common/parser.h"
#include "common/sample_hash.h"
#include "common/simple_line.h"
#include "common/tags.h"
#include "exporter/conflicts.h"
#include "exporter/exchange.h"
#include "exporter/last_sights.h"
#include "exporter/memo.h"
#include "exporter/ownership.h"
#include "exporter/refused_names.h"
#include "exporter/relay.h"
#include "exporter/sample_key.h"
#include "exporter/sample_stride.h"
#include "exporter/series_table.h"
#include "exporter/shard_stats.h"
#include "exporter/tallies.h"
#include "mapping/mapper.h"

namespace weir {

struct IngestOptions {
  ParserOptions parser;
  // Bounds the memo beyond what the number of series does; for tests.
  size_t memo_entries = SIZE_MAX;
};

class Ingest final : public LineSink {
 public:
  // `exchange` connects shard `self` with the others; `clock` is asked once per 32 samples;
  // `on_sent` is called when something was given to `exchange` that nobody has flushed yet. All of
  // them outlive this.
  Ingest(const IngestOptions& options, uint32_t self, SeriesTable* table, Exchange* exchange,
         const Clock& clock, std::function<void()> on_sent);

  void OnDatagram(std::string_view datagram, Transport transport) override;
  void OnStream(std::string_view lines, Transport transport) override;
  void OnBatchEnd() override;

  // Takes what other shards sent here.
  void Receive();

  // Gives every line that is not empty to `relay` too, before it is parsed; null: to nobody.
  void SetRelay(Relay* relay) { relay_ = relay; }

  // Replaces the rules: every series is a first sight again, and keeps its value.
  void SetMapper(std::shared_ptr<const Mapper> mapper);

  // Whose the series are, from now on. Keys that are hashed otherwise than before make every series
  // a first sight again.
  void SetOwnership(std::shared_ptr<const Ownership> ownership);

  ShardStats stats() const;
  const Conflicts& conflicts() const { return conflicts_; }
  const Memo& memo() const { return memo_; }
  const RefusedNames& refused_names() const { return refused_names_; }
  // What is due once a second: tells what the debug log held back, asks again where limits were in
  // the way.
  void Tick();

 private:
  static constexpr size_t kStage = 32;

  struct Staged {
    Hash128 hash;
    Memo::Known known;  // fate kEmpty: not known
    SimpleLine line;    // its text is null when there is a sample instead, in samples_
  };

  inline void SetSource(Transport source);
  void TakeLines(std::string_view block, Framing framing, Transport transport);
  void TakeLine(std::string_view line);
  void Watch(std::string_view line, Transport transport);
  Hash128 HashOf(const Sample& sample);
  inline void Stage(const Hash128& hash);
  void StageSample(const Hash128& hash);
  void Apply();
  inline void ApplyStaged(size_t i, int64_t now_nanos);
  inline bool ApplySimple(const Staged& staged, int64_t now_nanos);
  void ApplyLine(const Staged& staged, int64_t now_nanos);
  void ApplySample(const Sample& sample, const Hash128& hash, Memo::Known known, int64_t now_nanos);
  void ApplyKnown(const Memo::Known& known, const Sample& sample, const Hash128& hash,
                  int64_t now_nanos);
  inline Memo::Known Recall(const Hash128& hash) const;
  bool IsFresh(const Memo::Known& known) const;
  Memo::Known FirstSight(const Sample& sample, const Hash128& hash, int64_t now_nanos);
  Memo::Known Settle(const Sample& sample, Memo::Known known, int64_t now_nanos);
  bool TakeForMemo(size_t bytes);
  void TellMemo();
  bool Overflows(Refusal refusal, const Arrival& arrival, SeriesHandle* handle);
  void CountExcess(const Sample& sample, const LastSights::Sight& sight);
  inline void CountPace(int64_t now_nanos);
  void CountRefused(Refusal refusal, uint64_t events, uint32_t conflict_slot);

  // What the last sample was hashed from, and the sums. A packed line's values share name and
  // fields, and a line may have thousands of values behind a name of thousands of bytes.
  struct Hashed {
    const char* name = nullptr;
    const char* fields = nullptr;
    SampleHash::Sum name_sum = 0;
    SampleHash::Sum fields_sum = 0;
  };

  const uint32_t self_;
  SeriesTable* const table_;
  Exchange* const exchange_;
  const Clock& clock_;
  const std::function<void()> on_sent_;
  Relay* relay_ = nullptr;
  const ParserOptions parser_options_;
  std::shared_ptr<const Mapper> mapper_;
  std::shared_ptr<const Ownership> ownership_;  // null: every series is ours
  std::optional<SampleKey> sample_key_;         // with ownership_
  Memo memo_;
  size_t memo_told_ = 0;  // bytes of it that the budget knows of
  LastSights last_sights_;
  ShardStats stats_;  // without tallies_
  Tallies tallies_;
  LineReader reader_;
  Conflicts conflicts_;

  std::array<Staged, kStage> stage_;
  std::array<Sample, kStage> samples_;  // of those in stage_ that are of no simple line
  size_t staged_ = 0;
  bool sent_ = false;                   // in the batch being applied
  Transport source_ = Transport::kUdp;  // of all that is staged

  SampleStride pace_sampler_;  // which samples count for the pace of their families

  const SampleHash& sample_hash_;
  Hashed hashed_;

  // Scratch of a first sight.
  MetricName name_;
  Resolution resolution_;
  RefusedNames refused_names_;
  RateLimitedLog line_log_;
  RateLimitedLog limit_log_;
};

}  // namespace weir
