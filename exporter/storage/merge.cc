#include "exporter/storage/merge.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "common/promised.h"
#include "mapping/names.h"

namespace weir {
namespace {

using SteadyTime = std::chrono::steady_clock;

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr std::chrono::microseconds kSliceTime{500};

int64_t WallNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Label text as labels; nothing when it is none. A checksum keeps out accidents, not forgers.
std::optional<std::vector<Label>> ParseLabels(std::string_view text) {
  std::vector<Label> labels;
  while (!text.empty()) {
    const size_t equals = text.find("=\"");
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    Label& label = labels.emplace_back();
    label.name = text.substr(0, equals);
    if (!IsLegalName(label.name)) return std::nullopt;
    size_t at = equals + 2;
    for (; at < text.size() && text[at] != '"'; ++at) {
      char c = text[at];
      if (c == '\\') {
        if (++at == text.size()) return std::nullopt;
        c = text[at] == 'n' ? '\n' : text[at];
      }
      label.value.push_back(c);
    }
    if (at == text.size()) return std::nullopt;
    text.remove_prefix(at + 1);
    if (text.empty()) break;
    if (text[0] != ',' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return labels;
}

// Series in the order in which they were born, for the page shows them so.
std::vector<const StoredSeries*> InOrder(const StoredState& state) {
  std::vector<const StoredSeries*> order;
  for (const StoredSeries& series : state.series()) {
    if (series.live) order.push_back(&series);
  }
  std::sort(order.begin(), order.end(), [](const StoredSeries* a, const StoredSeries* b) {
    return std::tie(a->run, a->shard, a->birth) < std::tie(b->run, b->shard, b->birth);
  });
  return order;
}

class Merger {
 public:
  Merger(const StoredState& state, const Mapper& mapper, MergedFrom from)
      : state_(state), mapper_(mapper), from_(from) {
    std::map<std::string, const Rule*> rules;
    mapper.VisitRules([&](const Rule& rule) { rules.emplace(rule.Identity(), &rule); });
    for (const StoredRule& stored : state.rules()) {
      const auto found = rules.find(stored.identity);
      rules_.push_back(found == rules.end() ? nullptr : found->second);
    }
  }

  // Empty, or why it is left out. `wall_now`: of the wall clock, at the shard's now().
  std::string_view Merge(const StoredSeries& series, Shard* shard, int64_t wall_now) const {
    if (!series.trusted || !IsLegalName(series.family)) return "damaged";
    if (rules_[series.rule] != nullptr && rules_[series.rule]->drops) return "mapping_rule";
    const StoredRule& stored = state_.rules()[series.rule];
    const SeriesPolicy policy = PolicyOf(series);
    const int64_t age = std::max<int64_t>(wall_now - series.touched_wall, 0);
    if (policy.ttl.count() > 0 && age > policy.ttl.count()) return "expired";
    const auto labels = ParseLabels(series.labels);
    if (!labels) return Name(Refusal::kIllegalLabel);
    if (policy.ttl.count() > 0) shard->MayExpire();
    SeriesState value = {.kind = series.kind,
                         .touched = shard->now() - age,
                         .counter = series.counter,
                         .gauge = series.gauge,
                         .sum = series.sum,
                         .count = series.count};
    if (const StoredHistogram* histogram = series.histogram.get()) {
      value.histogram = {histogram->bounds, histogram->counts, histogram->sum, histogram->count,
                         histogram->native.get()};
    }
    SeriesTable& table = shard->table();
    const uint16_t plan = table.PlanFor(stored.identity, {policy.ttl, policy.scale});
    return table.Merge(series.family, *labels, policy, value, plan, from_);
  }

 private:
  SeriesPolicy PolicyOf(const StoredSeries& series) const {
    const StoredRule& stored = state_.rules()[series.rule];
    const Rule* const rule = rules_[series.rule];
    SeriesPolicy policy = mapper_.PolicyOf(series.family, rule, EventKindOf(series.kind));
    // Of a rule that is no more.
    if (rule == nullptr && !stored.identity.empty()) {
      policy.ttl = stored.ttl;
      policy.histogram = nullptr;
    }
    policy.type = TypeOf(series.kind);
    if (series.kind == SeriesKind::kSummary && policy.summary == nullptr) {
      policy.summary = Intern(SummaryOptions{});
    }
    if (series.kind == SeriesKind::kHistogram && policy.histogram == nullptr) {
      HistogramOptions options;
      options.buckets = series.histogram->bounds;
      if (series.histogram->native == nullptr) options.native_bucket_factor = 0;
      policy.histogram = Intern(options);
    }
    return policy;
  }

  const StoredState& state_;
  const Mapper& mapper_;
  const MergedFrom from_;
  std::vector<const Rule*> rules_;  // by StoredSeries::rule; null: it is no more
};

void Count(std::string_view why_not, uint64_t series, MergeCounts* counts) {
  if (series == 0) return;
  (why_not.empty() ? counts->merged : counts->left_out[why_not]) += series;
}

}  // namespace

MergeCounts MergeState(const StoredState& state, const Mapper& mapper,
                       const std::vector<Shard*>& shards) {
  const Merger merger(state, mapper, MergedFrom::kStorage);
  const int64_t wall_now = WallNanos();
  MergeCounts counts;
  for (const StoredSeries* series : InOrder(state)) {
    const auto count = static_cast<uint32_t>(shards.size());
    Shard* const owner = shards[SeriesTable::OwnerOf(series->family, count)];
    Count(merger.Merge(*series, owner, wall_now), 1, &counts);
  }
  return counts;
}

MergeCounts MergeIntoRunning(std::shared_ptr<const StoredState> state,
                             std::shared_ptr<const Mapper> mapper,
                             const std::vector<Shard*>& shards, std::chrono::nanoseconds patience) {
  // Shared with the tasks: one may run when patience is over.
  struct Work {
    std::shared_ptr<const StoredState> state;
    std::shared_ptr<const Mapper> mapper;
    Merger merger{*state, *mapper, MergedFrom::kPredecessor};
    std::vector<std::vector<const StoredSeries*>> by_shard;
  };
  struct Slice {
    MergeCounts counts;
    size_t next;
  };
  const auto work = std::make_shared<Work>(
      Work{.state = std::move(state), .mapper = std::move(mapper), .by_shard = {}});
  work->by_shard.resize(shards.size());
  for (const StoredSeries* series : InOrder(*work->state)) {
    const auto count = static_cast<uint32_t>(shards.size());
    work->by_shard[SeriesTable::OwnerOf(series->family, count)].push_back(series);
  }
  MergeCounts all;
  for (size_t id = 0; id < shards.size(); ++id) {
    const size_t size = work->by_shard[id].size();
    for (size_t next = 0; next < size;) {
      const auto promised = std::make_shared<Promised<Slice>>();
      shards[id]->Post([work, promised, next, id, shard = shards[id]] {
        const auto& series = work->by_shard[id];
        Slice slice = {{}, next};
        const auto end = SteadyTime::now() + kSliceTime;
        // Read anew, as the shard's clock goes on too: otherwise a gauge would seem the younger the
        // longer merging takes, and win over a sample that came since. Ages are stored in whole
        // milliseconds, cut off.
        const int64_t wall_now = WallNanos() + kNanosPerMilli;
        while (slice.next < series.size() && SteadyTime::now() < end) {
          Count(work->merger.Merge(*series[slice.next++], shard, wall_now), 1, &slice.counts);
        }
        promised->Give(std::move(slice));
      });
      const auto slice = promised->Await(patience);
      if (!slice) {
        Count("shard_stuck", size - next, &all);
        break;
      }
      all.merged += slice->counts.merged;
      for (const auto& [why, count] : slice->counts.left_out) all.left_out[why] += count;
      next = slice->next;
    }
  }
  return all;
}

}  // namespace weir
