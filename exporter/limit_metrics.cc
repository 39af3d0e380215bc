#include "exporter/limit_metrics.h"

#include <string_view>

#include "common/telemetry.h"

namespace weir {

std::vector<prometheus::MetricFamily> LimitFamilies(const SeriesBudget* budget,
                                                    const ShardStats& stats) {
  auto limits = OwnFamily::Gauge("weir_limit", "What limits are set to.");
  auto used = OwnFamily::Gauge("weir_limit_used", "What of these limits is used.");
  auto listeners = OwnFamily::Gauge("weir_listener_series",
                                    "Series by the listener that their first sample came by.");
  if (budget != nullptr) {
    const SeriesLimits& set = budget->limits();
    const auto add = [&](OwnFamily* family, std::string_view limit, uint64_t value) {
      family->Add({{"limit", limit}}, static_cast<double>(value));
    };
    if (set.series > 0) add(&limits, "series", set.series);
    if (set.per_family > 0) add(&limits, "series_per_family", set.per_family);
    if (set.per_listener > 0) add(&limits, "series_per_listener", set.per_listener);
    if (set.memory > 0) add(&limits, "memory", set.memory);
    add(&used, "series", budget->series());
    add(&used, "memory", budget->bytes());
    for (size_t source = 0; source < SeriesBudget::kSources; ++source) {
      const auto transport = static_cast<Transport>(source);
      listeners.Add({{"listener", Name(transport)}},
                    static_cast<double>(budget->series_of(transport)));
    }
  }
  auto overflowed = OwnFamily::Counter(
      "weir_samples_overflowed_total",
      "Samples applied to the series labelled overflow=\"true\" of their name, by limit.");
  for (size_t i = 1; i < kRefusalCount; ++i) {
    if (stats.overflowed[i] == 0) continue;
    overflowed.Add({{"reason", Name(static_cast<Refusal>(i))}},
                   static_cast<double>(stats.overflowed[i]));
  }
  return {limits.Take(), used.Take(), listeners.Take(), overflowed.Take()};
}

}  // namespace weir
