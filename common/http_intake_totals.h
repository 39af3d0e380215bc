// HttpIntakeFamilies: what the HTTP intake counted, as metrics of either program.
//
// Thread safety: pure function. Tested by tests/unit/common/http_intake_totals_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <vector>

#include "common/http_intake.h"

namespace weir {

// All of them always; without a report (the intake is off) without series.
std::vector<prometheus::MetricFamily> HttpIntakeFamilies(
    const std::optional<HttpIntakeReport>& report);

}  // namespace weir
