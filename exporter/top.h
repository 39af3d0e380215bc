// Top: which families have the most series, get the most samples, grow fastest and are newest.
//
// Each shard is asked for its families in slices of kSlice between its batches, one shard after the
// other, so that a look at a million families keeps nobody waiting.
//
// Thread safety: plain values; CollectTop on any thread that is no shard's.
// Tested by tests/unit/exporter/top_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/refused_names.h"
#include "exporter/series_table.h"
#include "exporter/shard.h"

namespace weir {

struct TopFamily {
  std::string name;
  SeriesKind kind;
  size_t series;
  // Over the last ten seconds, about (exporter/pace.h).
  double samples_per_second;
  double new_series_per_second;
  double age_seconds;  // since its first series was made
};

// The best so many of those that were added, by a rank.
class TopList {
 public:
  TopList(size_t most, double (*rank)(const TopFamily&)) : most_(most), rank_(rank) {}

  // Whether one of this rank would be among them: for callers that need not make others.
  bool Takes(double rank) const { return heap_.size() < most_ || rank > rank_(heap_.front()); }
  void Add(TopFamily family);
  // The best first; of equals by name.
  std::vector<TopFamily> Take();

  double RankOf(const TopFamily& family) const { return rank_(family); }

 private:
  size_t most_;
  double (*rank_)(const TopFamily&);
  std::vector<TopFamily> heap_;  // the worst in front
};

struct Top {
  struct RefusedFamily {
    std::string name;
    Refusal refusal;
    double seconds_ago;
  };

  explicit Top(size_t most);
  void Add(const FamilyFacts& facts, int64_t now_nanos);

  size_t series = 0;
  size_t families = 0;
  TopList by_series;
  TopList by_samples;
  TopList by_new_series;
  TopList newest;
  std::vector<RefusedFamily> refused;  // by limits, the latest first
};

// Families of all shards, `most` of each kind; nothing when a shard did not answer one slice within
// `patience`.
std::optional<Top> CollectTop(const std::vector<Shard*>& shards, size_t most,
                              std::chrono::nanoseconds patience);

}  // namespace weir
