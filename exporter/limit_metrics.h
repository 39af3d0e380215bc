// LimitFamilies: what weir-exporter tells of its limits on series, as metrics.
//
// Thread safety: pure function. Tested by tests/unit/exporter/self_metrics_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "exporter/series_budget.h"
#include "exporter/shard_stats.h"

namespace weir {

// weir_limit and its like, without series when `budget` is null: nothing is limited.
std::vector<prometheus::MetricFamily> LimitFamilies(const SeriesBudget* budget,
                                                    const ShardStats& stats);

}  // namespace weir
