// Totals: the reports of all shards, added up.
//
// Thread safety: plain values.
// Tested by tests/unit/exporter/self_metrics_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/listener_totals.h"
#include "exporter/shard.h"

namespace weir {

struct Totals {
  ShardStats stats;
  std::map<std::pair<EventKind, std::string>, uint64_t> conflicts;
  ListenerTotals listeners;
  std::optional<RelayCounters> relay;
  std::array<double, kSeriesKindCount> series{};                 // by SeriesKind
  std::array<double, kSeriesKindCount> vectors{};                // by SeriesKind
  std::optional<std::array<uint64_t, kSeriesKindCount>> let_go;  // by SeriesKind
  uint64_t displaced = 0;
  double families = 0;
  double memo_entries = 0;
  double memo_bytes = 0;
  SeriesTable::Memory memory{};
};

Totals AddUp(const std::vector<ShardReport>& reports);

}  // namespace weir
