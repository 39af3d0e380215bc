// For tests of what the router tells: a report, made by hand, of three downstreams.
#pragma once

#include <string>

#include "router/router_report.h"

namespace weir {

// The downstreams are "a", up; "b", dead and so out of the ring; and one whose label has a blank, a
// quote and a control character, which is drained.
inline RouterReport ThreeDownstreams() {
  RouterReport report;
  report.uptime_seconds = 42;
  report.fingerprint = "0123456789abcdef";
  report.workers = 2;
  report.stats.lines = 7;
  report.stats.empty = 1;
  report.stats.own_lines = 3;
  report.stats.malformed[0] = 2;
  const std::string labels[] = {"a", "b", "my \"node\"\n"};
  for (const std::string& label : labels) {
    const std::string address = "10.0.0." + std::to_string(report.downstreams.size() + 1) + ":9125";
    DownstreamConfig config;
    config.address = address;
    config.label = label;
    report.config.downstreams.push_back(config);
    NodeHealth health{.label = label, .kind = HealthKind::kStatsd};
    health.last_result = ProbeResult::kUp;
    report.downstreams.push_back({.lane = {label, address, Transport::kUdp, false, {}, {}, {}},
                                  .health = health,
                                  .weight = 1});
  }
  NodeHealth& b = report.downstreams[1].health;
  b.alive = b.in_ring = false;
  b.last_result = ProbeResult::kRefused;
  NodeHealth& odd = report.downstreams[2].health;
  odd.drained = true;
  odd.in_ring = false;
  return report;
}

}  // namespace weir
