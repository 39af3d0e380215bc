// SelfMetrics: what weir-router tells about itself on /metrics. All of it is listed, with what to
// do about it, in docs/router-metrics.md.
//
// What happens rarely (reloads) is counted in a prometheus-cpp registry, from any thread; what the
// workers count is turned into families from a report when a page is made.
// A downstream that a reload takes away leaves its counters to a series of their own, so that sums
// over downstreams never fall and the sums of router/worker.h can be checked on the page.
// Thread safety: any thread.
// Tested by tests/unit/router/self_metrics_test.cc.
#pragma once

#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/telemetry_inherited.h"
#include "common/telemetry_reloads.h"
#include "router/router_report.h"

namespace weir {

// The label `downstream` of what reloads took away.
inline constexpr std::string_view kRetiredLabel = "(retired)";

class SelfMetrics {
 public:
  // `inherited`: what is added to our counters; outlives this. Null: nothing.
  explicit SelfMetrics(const InheritedCounters* inherited = nullptr);

  // Loading the configuration at the start is none.
  void CountReload(bool success);
  void CountGuardReload(bool success) { guard_reloads_.Count(success); }
  void CountWebReload(bool success) { web_reloads_.Count(success); }

  // Every family that has series, by name. Labels of downstreams that no page could show, or that
  // would stand for two, are changed until they can: see docs/router-metrics.md.
  std::vector<prometheus::MetricFamily> Collect(const RouterReport& report) const;

 private:
  const InheritedCounters* const inherited_;
  prometheus::Registry registry_;
  ReloadCounter reloads_;
  ReloadCounter guard_reloads_;
  ReloadCounter web_reloads_;
  prometheus::Gauge& last_reload_succeeded_;
  prometheus::Gauge& last_success_;
};

// The page, in Prometheus' text format.
std::string TextPage(const std::vector<prometheus::MetricFamily>& families);

}  // namespace weir
