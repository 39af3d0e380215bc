// TopPage: what /api/v1/top answers: the families of exporter/top.h, as JSON in the form of
// Prometheus' API, {"status":"success","data":{...}}. What it holds: docs/limits.md.
//
// Thread safety: pure functions. Tested by tests/unit/exporter/top_page_test.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/series_budget.h"
#include "exporter/top.h"

namespace weir {

// Rows of each list, by `?limit=`: 20 when it does not say. Nothing when that is no number from 1
// to 1000.
std::optional<size_t> ReadTopRows(std::string_view query);

// `budget` is null when nothing is limited.
std::string TopPage(Top top, const SeriesBudget* budget);
std::string TopError(std::string_view why);

}  // namespace weir
