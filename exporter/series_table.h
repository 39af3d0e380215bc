// SeriesTable: the families one shard owns, and their series.
//
// First sight: Admit finds or makes the series of (family, labels), or says why it may not be.
// After that a series is a number (and a generation, which changes when the number is given to
// another series) and Apply touches its Cell only. A family without series is gone, and its type
// with it.
//
// The page is rendered in slices: RenderSlice goes on where the cursor stands, whatever came or
// went in between, family by family in byte order of their names, series in order of their birth.
//
// Thread safety: owned by one shard.
// Cost: about 300 bytes for an unlabelled counter that is its own family, 100 for one more series
// of a known family, plus label text; see docs/operations.md.
// Tested by tests/unit/exporter/series_{table,expiry,limits,render,stored}_test.cc.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/inlined_vector.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/hash.h"
#include "common/parser.h"
#include "exporter/exposition.h"
#include "exporter/homes.h"
#include "exporter/metric.h"
#include "exporter/pace.h"
#include "exporter/plans.h"
#include "exporter/refusal.h"
#include "exporter/render_cursor.h"
#include "exporter/series_budget.h"
#include "exporter/series_view.h"
#include "mapping/label.h"
#include "mapping/series_policy.h"

namespace weir {

struct SeriesTableOptions {
  // Over which time the distinct members of a set are counted. Default 10 s.
  std::chrono::nanoseconds set_window = std::chrono::seconds(10);
  // What bounds the series of all shards' tables; outlives them. Default null: nothing does.
  SeriesBudget* budget = nullptr;
};

// How and when the sample came that asks for a series.
struct Arrival {
  std::optional<Transport> source = Transport::kUdp;  // none: written down by another process
  int64_t now_nanos = 0;
  MergedFrom merged_from = MergedFrom::kStorage;  // without a source
};

// What Visit tells of a family.
struct FamilyFacts {
  std::string_view name;  // good during the call
  SeriesKind kind;
  size_t series;
  int64_t born_nanos;  // when its first series was made, on the clock of Arrival
  const Pace& pace;
};

// A series a caller may keep, together with the generation that says whether it still is that one.
struct SeriesHandle {
  uint32_t series;
  uint32_t generation;
};

class SeriesTable {
 public:
  explicit SeriesTable(const SeriesTableOptions& options);
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  // The shard that owns `family` among `shard_count`. Names that can collide through a suffix
  // (_sum, _count, _bucket, _total) have one owner.
  static uint32_t OwnerOf(std::string_view family, uint32_t shard_count);

  // Names that no client may use (those of Weir's own metrics).
  void Reserve(std::string_view family) { reserved_.insert(std::string(family)); }

  // Finds or makes a series. `labels` sorted by name, unique. kNone and *handle, or why not.
  Refusal Admit(std::string_view family, const std::vector<Label>& labels, SeriesKind kind,
                const SeriesPolicy& policy, SeriesHandle* handle, const Arrival& arrival = {});

  // The series of `family` that takes the samples of those that Admit refused for a limit, labelled
  // overflow="true"; made when it is not there. Its handle is current until Reconsider finds that
  // there may be room. False when there can be none: the family is not known, what its samples say
  // cannot be added up (gauges, sets), or the memory is used up.
  bool Overflow(std::string_view family, SeriesHandle* handle, const Arrival& arrival = {});

  // What limits have refused or put elsewhere is to be asked for again, if anything was given back
  // to the budget. To be called once a second.
  void Reconsider();

  // Null when nothing is limited.
  SeriesBudget* budget() const { return options_.budget; }

  // Tells the budget what the values of summaries, histograms and sets take, looking at a `1/parts`
  // of all series.
  void Weigh(uint32_t parts);

  bool Current(SeriesHandle handle) const {
    return CellAt(handle.series).generation == handle.generation;
  }

  SeriesKind KindOf(uint32_t series) const { return CellAt(series).kind; }

  void PrefetchCell(uint32_t series) const { __builtin_prefetch(&CellAt(series), 1); }

  // Applies one sample. REQUIRES: the series is current and was admitted for this sample's type.
  // `member_hash` is that of the sample's member when it is a set.
  [[gnu::always_inline]] Refusal Apply(uint32_t series, uint16_t plan, const Measurement& sample,
                                       uint64_t member_hash, int64_t now_nanos) {
    Cell& cell = CellAt(series);
    double value = sample.value;
    if (plan != 0) value *= plans_[plan].scale;
    switch (cell.kind) {
      case SeriesKind::kCounter:
        if (value < 0) [[unlikely]]
          return Refusal::kNegativeCounter;
        cell.counter.Add(value);
        break;
      case SeriesKind::kGauge:
        // A counter here was declared a gauge by its rule: it goes up and down.
        if (sample.relative || sample.type == SampleType::kCounter) {
          cell.gauge += value;
        } else {
          cell.gauge = value;
        }
        break;
      case SeriesKind::kSet:
        cell.set->Add(member_hash, now_nanos);
        break;
      case SeriesKind::kSummary:
        cell.summary->Observe(value, sample.weight, now_nanos);
        break;
      case SeriesKind::kHistogram:
        cell.histogram->Observe(value, sample.weight);
        break;
    }
    cell.touched = now_nanos;
    cell.plan = plan;
    return Refusal::kNone;
  }

  // `count` samples were applied to this series' family, about: see Pace.
  void CountSamples(uint32_t series, uint32_t count, int64_t now_nanos) {
    InfoAt(series).family->pace.AddSamples(count, now_nanos);
  }

  // Calls visit(FamilyFacts) for at most `most` families whose names are behind *after, and sets
  // it to the last one's. False when there are no more.
  template <class Visit>
  bool VisitFamilies(size_t most, std::string* after, Visit visit) const {
    auto next = in_order_.upper_bound(std::string_view(*after));
    const Family* last = nullptr;
    for (; next != in_order_.end() && most > 0; ++next, --most) {
      last = *next;
      visit(FamilyFacts{last->name, last->kind, last->series.size() - last->gone,
                        int64_t{last->born_seconds} * kNanosPerSecond, last->pace});
    }
    if (last != nullptr) *after = last->name;
    return next != in_order_.end();
  }

  // The plan of the rule called `identity` (empty: no rule), as configured now.
  uint16_t PlanFor(std::string_view identity, const Plan& plan) {
    return plans_.Of(identity, plan);
  }
  // Brings the plans of rules that series have had up to what `rules`, those in force, say; series
  // of other rules keep theirs. REQUIRES: nobody keeps what PlanFor has said.
  void UpdatePlans(const RulePlans& rules);

  // Forgets series whose TTL has passed, looking at a `1/parts` of all: called `parts` times a
  // second, so that a series goes between TTL and TTL + 1 s after its last sample.
  void Expire(int64_t now_nanos, uint32_t parts);

  // From now on, lets go of what this says is another node's (Ownership), at the pace of Expire:
  // gauges and sets are forgotten, summaries lose their quantiles on the page and what those are
  // made of. Counters, histograms, sums and counts stay, so that sums over all nodes never fall.
  // A series that was admitted before the first ownership is ours until RememberKey.
  void SetOwnership(std::shared_ptr<const Ownership> ownership);
  // A sample of `series` came under a key of this hash. REQUIRES: SetOwnership was called.
  void RememberKey(uint32_t series, uint64_t key_hash) { homes_->Remember(series, key_hash); }

  // Appends about `most_bytes` of the page to *out, or less when `most_time` (thread CPU time) is
  // used up, and moves the cursor. *spans gets one entry per family touched.
  void RenderSlice(const Exposition& exposition, int64_t now_nanos, size_t most_bytes,
                   std::chrono::nanoseconds most_time, RenderCursor* cursor, std::string* out,
                   FamilySpans* spans);

  // Calls visit(view) for every series but sets, in order of their numbers from *next on, until it
  // returns false or `most_time` is used up. *next is where to go on; true: that was all of them.
  bool VisitSlice(uint32_t* next, std::chrono::nanoseconds most_time,
                  const std::function<bool(const SeriesView&)>& visit) const;

  // Adds what a series held when it was written down to the series of that name, which is made if
  // there is none: counts and sums are added up, the later one of two gauges stays. Empty, or why
  // it was left out: a Refusal's name, or "buckets_changed".
  // A family of kStorage of which no sample has come yet gives way to samples of families that
  // cannot be beside it. To one of kPredecessor gives way what did not come from there too, and it
  // takes its place whatever the limits say: new series are refused, old ones live.
  std::string_view Merge(std::string_view family, const std::vector<Label>& labels,
                         const SeriesPolicy& policy, const SeriesState& state, uint16_t plan,
                         MergedFrom from);

  // From now on tells `witness`, which outlives the table's last use, what is shown and forgotten.
  void SetWitness(SeriesWitness* witness, int64_t now_nanos);

  // Series that gave way: stored ones to samples, or others to a predecessor's.
  uint64_t displaced() const { return displaced_; }

  // How many were let go, by kind; a summary counts each time its quantiles went.
  const std::array<uint64_t, kSeriesKindCount>& let_go() const { return let_go_; }

  // Changes whenever something that was refused might now be admitted.
  uint32_t epoch() const { return epoch_; }
  size_t series_count() const { return series_count_; }
  size_t family_count() const { return families_.size(); }
  size_t series_of_kind(SeriesKind kind) const { return kind_counts_[static_cast<size_t>(kind)]; }
  // Families times their sets of label names: what the peer calls metrics.
  size_t vectors_of_kind(SeriesKind kind) const {
    return vector_counts_[static_cast<size_t>(kind)];
  }

  struct Memory {
    size_t cells;      // values of counters and gauges; handles of the rest
    size_t observers;  // summaries, histograms and sets, when last scraped
    size_t text;       // names and labels
    size_t index;      // what finds them
  };
  Memory MemoryBytes() const;

 private:
  static constexpr uint32_t kGone = UINT32_MAX;
  static constexpr uint32_t kChunkBits = 10;
  static constexpr uint32_t kChunk = 1 << kChunkBits;

  static constexpr uint8_t kNoPlace = 0, kBytesOnly = 1, kNoSource = 2, kFirstPlace = 3;

  struct Family {
    std::string name;
    uint64_t birth;  // of its first series
    const std::string* help;
    const SummaryOptions* summary;
    const HistogramOptions* histogram;
    // In order of birth; kGone where one was forgotten.
    absl::InlinedVector<uint32_t, 2> series;
    uint32_t gone = 0;
    uint32_t overflow = kGone;  // the series that Overflow gives
    uint32_t born_seconds = 0;
    SeriesKind kind;
    bool only_merged = false;  // it came from storage, and no sample of it came yet
    bool inherited = false;    // it came from a predecessor
    Pace pace;
  };

  // The cold half of a series.
  struct Info {
    Family* family = nullptr;
    char* labels = nullptr;  // owned: uint32 length, then `a="b",c="d"`; null when there are none
    uint64_t identity = 0;   // hash of family and labels
    uint64_t birth = 0;
    uint32_t position = 0;  // in family->series
    uint8_t place = 0;  // taken of the budget: kNoPlace to kNoSource, or the source + kFirstPlace
  };

  struct ByName {
    using is_transparent = void;
    static std::string_view Key(const Family* family) { return family->name; }
    static std::string_view Key(const std::unique_ptr<Family>& family) { return family->name; }
    static std::string_view Key(std::string_view name) { return name; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Key(a) < Key(b);
    }
  };
  struct NameHash : ByName {
    template <class A>
    size_t operator()(const A& a) const {
      return ProcessHash().Of64(Key(a));
    }
  };
  struct NameEqual : ByName {
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Key(a) == Key(b);
    }
  };

  // A series looked for but perhaps not there yet.
  struct Wanted {
    uint64_t identity;
    std::string_view family;
    std::string_view labels;
  };
  struct IdentityHash {
    using is_transparent = void;
    const SeriesTable* table;
    size_t operator()(uint32_t series) const { return table->InfoAt(series).identity; }
    size_t operator()(const Wanted& wanted) const { return wanted.identity; }
  };
  struct IdentityEqual {
    using is_transparent = void;
    const SeriesTable* table;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t series, const Wanted& wanted) const {
      return table->Matches(series, wanted);
    }
    bool operator()(const Wanted& wanted, uint32_t series) const {
      return table->Matches(series, wanted);
    }
  };

  Cell& CellAt(uint32_t series) { return cells_[series >> kChunkBits][series & (kChunk - 1)]; }
  const Cell& CellAt(uint32_t series) const {
    return cells_[series >> kChunkBits][series & (kChunk - 1)];
  }
  Info& InfoAt(uint32_t series) { return infos_[series >> kChunkBits][series & (kChunk - 1)]; }
  const Info& InfoAt(uint32_t series) const {
    return infos_[series >> kChunkBits][series & (kChunk - 1)];
  }
  static std::string_view LabelText(const Info& info);

  bool Matches(uint32_t series, const Wanted& wanted) const;
  Family* FindFamily(std::string_view name) const;
  bool Conflicts(std::string_view name, SeriesKind kind, const Arrival& arrival,
                 std::vector<Family*>* in_way) const;
  // Whether the family may be forgotten for one that comes now and cannot be beside it.
  static bool GivesWay(const Family& family, const Arrival& arrival);
  // Forgets all that is in the way of a new family; nothing, and false, when some of it stays.
  // `known`: the family of that name, of another kind, or null.
  bool MakeWay(Family* known, std::string_view name, SeriesKind kind, const Arrival& arrival);
  SeriesView ViewOf(uint32_t series) const;
  Family* MakeFamily(std::string_view name, SeriesKind kind, const SeriesPolicy& policy,
                     int64_t now_nanos);
  uint32_t MakeSeries(Family* family, const Wanted& wanted, uint8_t place, int64_t now_nanos);
  Wanted Identify(std::string_view family, std::span<const Label> labels);
  uint8_t PlaceOf(std::optional<Transport> source, SeriesKind kind,
                  std::span<const Label> labels) const;
  static std::optional<Transport> SourceOf(uint8_t place);
  Refusal TakePlace(const Family* family, const Wanted& wanted, uint8_t place,
                    MergedFrom merged_from);
  void GivePlaceBack(const Family& family, const Info& info, const Cell& cell);
  // What the budget counts for one, without its value; for a value on the heap.
  static size_t SeriesBytes(std::string_view label_text);
  static size_t FamilyBytes(std::string_view name);
  static size_t ObserverBytes(const Cell& cell);
  void AddWeight(int64_t bytes);
  void CountVector(const Family& family, std::string_view label_text, int change);
  void MakeValue(const Family& family, Cell* cell);
  void DeleteValue(Cell* cell);
  void Forget(uint32_t series);
  bool LetsGo(uint32_t series, const Cell& cell, int64_t now_nanos) const {
    return homes_ != nullptr && homes_->LetsGo(series, cell.touched, now_nanos);
  }
  void LetGo(uint32_t series, int64_t now_nanos);
  void Compact(Family* family);
  void RenewPlans(const RulePlans& rules);

  using InOrder = absl::btree_set<Family*, ByName>;
  class Ahead;
  class SliceLimit;
  void RenderFamilies(const Exposition& exposition, int64_t now_nanos, size_t most_bytes,
                      std::chrono::nanoseconds most_time, RenderCursor* cursor, std::string* out,
                      FamilySpans* spans);
  bool RenderFamily(const Exposition& exposition, int64_t now_nanos, const Family& family,
                    SliceLimit* limit, RenderCursor* cursor, std::string* out);
  void RenderSeries(const Exposition& exposition, int64_t now_nanos, uint32_t series,
                    RenderCursor* cursor, std::string* out);
  size_t PositionAfter(const Family& family, const RenderCursor& cursor) const;
  bool StemTaken(const Family& family) const;

  const SeriesTableOptions options_;

  std::vector<std::unique_ptr<Cell[]>> cells_;
  std::vector<std::unique_ptr<Info[]>> infos_;
  std::vector<uint32_t> free_;
  uint32_t used_ = 0;  // cells ever given out

  absl::flat_hash_set<std::unique_ptr<Family>, NameHash, NameEqual> families_;
  InOrder in_order_;
  absl::flat_hash_set<uint32_t, IdentityHash, IdentityEqual> index_;
  // By family and label names: how many series. One table for all families, since a client can make
  // any number of vectors in one.
  absl::flat_hash_map<uint64_t, uint32_t> vectors_;
  std::set<std::string, std::less<>> reserved_;

  absl::flat_hash_set<uint32_t> overflows_;  // those of all families
  uint64_t seen_returns_ = 0;                // of the budget
  uint32_t weigh_next_ = 0;
  size_t weighing_ = 0;  // bytes of observers, found so far
  size_t weighed_ = 0;   // what the budget was told of them

  std::unique_ptr<Homes> homes_;  // null: every series is ours
  std::array<uint64_t, kSeriesKindCount> let_go_{};

  Plans plans_;

  SeriesWitness* witness_ = nullptr;  // null: nobody wants to know
  uint64_t displaced_ = 0;

  uint64_t births_ = 0;
  uint32_t epoch_ = 0;
  uint32_t compactions_ = 0;
  uint32_t expire_next_ = 0;
  size_t series_count_ = 0;
  size_t text_bytes_ = 0;
  size_t observer_bytes_ = 0;  // as of the last whole page
  std::array<size_t, kSeriesKindCount> kind_counts_{};
  std::array<size_t, kSeriesKindCount> vector_counts_{};
  std::string label_text_;         // scratch
  std::vector<double> quantiles_;  // scratch
};

}  // namespace weir
