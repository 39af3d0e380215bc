// RouterReport: all that a router tells of itself at one moment, for its pages and its console.
//
// A copy: other threads may have it. Tested by tests/unit/router/router_report_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/http_intake.h"
#include "common/listener_totals.h"
#include "common/topology/config.h"
#include "common/topology/discovery.h"
#include "common/topology/health.h"
#include "router/worker.h"

namespace weir {

// One downstream, over all workers.
struct DownstreamReport {
  LaneReport lane;
  NodeHealth health;
  uint32_t weight = 1;
};

struct RouterReport {
  RouterConfig config;
  int64_t uptime_seconds = 0;
  int64_t now_nanos = 0;    // when it was made, by the clock of NodeHealth
  std::string fingerprint;  // of the ring in force
  bool up = true;           // as `health` and /-/healthy answer
  bool panic = false;

  // The sums of the workers that answered in time; all of them as a rule.
  size_t workers = 0;
  bool whole = true;  // it was all of them
  WorkerStats stats;
  std::vector<DownstreamReport> downstreams;  // in the configured order, then those discovered
  std::vector<SourceReport> sources;          // of those
  DownstreamCounters retired;                 // of those that a reload took away
  Amount retired_waiting;
  ListenerTotals listeners;
  std::optional<HttpIntakeReport> http_intake;  // nothing: it is off
};

// Fills in the sums, in a report that has its configuration and no sums yet. `nodes` are the
// downstreams of that configuration. While a reload is under way a worker may still have lanes to
// others: they count as retired; those whose label has stayed count for their downstream.
void AddUp(const std::vector<WorkerReport>& workers, const std::vector<NodeHealth>& nodes,
           RouterReport* report);

}  // namespace weir
