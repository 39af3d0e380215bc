// BusyReports: what shards report after everything that can happen has happened, except a relay;
// and the SelfMetrics of such a process. For tests of all that self-metrics can show.
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/self_metrics.h"
#include "tests/support/catch.h"
#include "tests/support/ownership_of.h"

namespace weir {

// Everything that can be counted was counted at least once.
inline std::vector<ShardReport> BusyReports() {
  ShardReport report;
  ShardStats& stats = report.stats;
  uint64_t next = 1;
  for (uint64_t& count : stats.parse.lines) stats.lines += count = next++;
  for (uint64_t& count : stats.parse.errors) count = next++;
  for (uint64_t& count : stats.refused) count = next++;
  for (uint64_t& count : stats.overflowed) count = next++;
  for (uint64_t& count : stats.events_refused) count = next++;
  for (uint64_t& count : stats.events_applied) count = next++;
  stats.parse.samples = stats.parse.void_samples = stats.parse.ignored_fields = next++;
  stats.parse.tags = stats.parse.tag_errors = stats.tags = stats.tag_errors = next++;
  stats.applied = stats.dropped_by_rule = next++;
  stats.events_unmapped = stats.events_mapped = stats.events_dropped = next++;
  stats.batches = stats.memo_gets = next++;
  report.conflicts = {{EventKind::kCounter, "some_name", 3}, {EventKind::kObserver, "other", 4}};
  for (const Transport transport : {Transport::kUdp, Transport::kTcp, Transport::kUnixgram,
                                    Transport::kUnixStream, Transport::kHttp}) {
    report.listeners.push_back({.transport = transport,
                                .address = "somewhere",
                                .open = true,
                                .counters = {.datagrams = next, .connections = next + 1},
                                .kernel_drops = next + 2});
    report.listeners.back().rejects.fill(true);
    next += 3;
  }
  report.let_go.emplace().fill(next);
  report.series.fill(next);
  report.vectors.fill(next);
  report.families = report.memo_entries = report.memo_bytes = next;
  return {report, report};
}

inline SelfMetrics& UsedSelfMetrics() {
  static SelfMetrics self_metrics;
  static const bool used = [] {
    self_metrics.CountReload(true);
    self_metrics.CountReload(false);
    self_metrics.CountGuardReload(true);
    self_metrics.CountWebReload(true);
    self_metrics.CountRingReload(true);
    self_metrics.CountRingReload(false);
    self_metrics.SetRing(*OwnershipOf({.nodes = "abc"}));
    self_metrics.SetLoadedRules(3);
    static const SeriesBudget budget({1, 2, 3, 4});
    self_metrics.SetBudget(&budget);
    self_metrics.SetHttpIntake([] { return HttpIntakeReport{.requests = {{200, 1}}}; });
    self_metrics.SetStorage([] {
      StorageReport report;
      report.restored.left_out["expired"] = 1;
      return report;
    });
    self_metrics.BeginScrape();
    self_metrics.EndScrape(200);
    return true;
  }();
  REQUIRE(used);
  return self_metrics;
}

}  // namespace weir
