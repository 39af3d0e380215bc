// StorageFamilies: what Storage tells of itself, as metrics. Thread safety: pure function.
// Tested by tests/unit/exporter/self_metrics_test.cc and storage/storage_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/storage/storage_report.h"

namespace weir {

// All of them always; without a report (nothing is stored) without series. `displaced`: see
// ShardReport.
std::vector<prometheus::MetricFamily> StorageFamilies(const std::optional<StorageReport>& report,
                                                      uint64_t displaced);

}  // namespace weir
