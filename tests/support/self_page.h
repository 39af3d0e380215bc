// The self-metrics of reports as a page, and the law of conservation on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/collected.h"
#include "exporter/self_metrics.h"
#include "tests/support/page.h"

namespace weir {

inline std::string SelfPage(const std::vector<ShardReport>& reports) {
  const SelfMetrics self_metrics;
  std::string page;
  for (const auto& family : self_metrics.Collect(reports)) {
    RenderCollected(family, false, Exposition::For(Format::kText), &page);
  }
  return WithoutHelp(page);
}

// lines = empty + malformed + events + checks + sampled, samples = applied + dropped by any reason.
inline bool Conserves(std::string_view page) {
  return SumOf(page, "statsd_exporter_lines_total") == SumOf(page, "weir_lines_total") &&
         SumOf(page, "statsd_exporter_samples_total") ==
             SumOf(page, "weir_samples_applied_total") + SumOf(page, "weir_samples_dropped_total");
}

}  // namespace weir
