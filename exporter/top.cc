#include "exporter/top.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/promised.h"

namespace weir {
namespace {

// Families a shard looks at in one turn: a third of a millisecond when none is in the cache.
constexpr size_t kSlice = 4096;

double Seconds(int64_t nanos) { return static_cast<double>(nanos) / kNanosPerSecond; }

// What the tasks of one collection share with who waits for them, and may outlive.
struct Walk {
  explicit Walk(size_t most) : top(most) {}

  Top top;
  std::string after;
  bool more = true;
};

void AddRefused(const RefusedNames& names, int64_t now_nanos, Top* top) {
  for (const RefusedNames::Name& name : names.names()) {
    top->refused.push_back({name.family, name.refusal, Seconds(now_nanos - name.when_nanos)});
  }
}

}  // namespace

void TopList::Add(TopFamily family) {
  const auto better = [this](const TopFamily& a, const TopFamily& b) {
    return rank_(a) > rank_(b);
  };
  heap_.push_back(std::move(family));
  std::push_heap(heap_.begin(), heap_.end(), better);
  if (heap_.size() <= most_) return;
  std::pop_heap(heap_.begin(), heap_.end(), better);
  heap_.pop_back();
}

std::vector<TopFamily> TopList::Take() {
  std::vector<TopFamily> best = std::move(heap_);
  heap_.clear();
  std::sort(best.begin(), best.end(), [this](const TopFamily& a, const TopFamily& b) {
    return rank_(a) != rank_(b) ? rank_(a) > rank_(b) : a.name < b.name;
  });
  return best;
}

Top::Top(size_t most)
    : by_series(most, [](const TopFamily& family) { return static_cast<double>(family.series); }),
      by_samples(most, [](const TopFamily& family) { return family.samples_per_second; }),
      by_new_series(most, [](const TopFamily& family) { return family.new_series_per_second; }),
      newest(most, [](const TopFamily& family) { return -family.age_seconds; }) {}

void Top::Add(const FamilyFacts& facts, int64_t now_nanos) {
  series += facts.series;
  ++families;
  TopFamily family = {.name = {},
                      .kind = facts.kind,
                      .series = facts.series,
                      .samples_per_second = facts.pace.SamplesPerSecond(now_nanos),
                      .new_series_per_second = facts.pace.SeriesPerSecond(now_nanos),
                      .age_seconds = Seconds(now_nanos - facts.born_nanos)};
  for (TopList* list : {&by_series, &by_samples, &by_new_series, &newest}) {
    if (!list->Takes(list->RankOf(family))) continue;
    family.name = facts.name;  // the others need none
    list->Add(family);
  }
}

std::optional<Top> CollectTop(const std::vector<Shard*>& shards, size_t most,
                              std::chrono::nanoseconds patience) {
  const auto walk = std::make_shared<Walk>(most);
  for (Shard* const shard : shards) {
    walk->after.clear();
    walk->more = true;
    while (walk->more) {
      const auto promised = std::make_shared<Promised<bool>>();
      shard->Post([shard, walk, promised] {
        const int64_t now = shard->now();
        walk->more = shard->table().VisitFamilies(
            kSlice, &walk->after, [&](const FamilyFacts& facts) { walk->top.Add(facts, now); });
        if (!walk->more) AddRefused(shard->ingest().refused_names(), now, &walk->top);
        promised->Give(true);
      });
      if (!promised->Await(patience)) return std::nullopt;
    }
  }
  std::sort(walk->top.refused.begin(), walk->top.refused.end(),
            [](const auto& a, const auto& b) { return a.seconds_ago < b.seconds_ago; });
  return std::move(walk->top);
}

}  // namespace weir
