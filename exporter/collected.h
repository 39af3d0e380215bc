// Our own metrics on the page: what prometheus-cpp collected, written by the same code as the
// users' series. prometheus-cpp's own writer is not used: it breaks on a newline in HELP and prints
// 0.1 + 0.2 as 0.3.
//
// Thread safety: pure functions, any thread.
// Tested by tests/unit/exporter/collected_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "exporter/exposition.h"

namespace weir {

// Puts collected families into the page's order: one per name (several of a name are joined), by
// name; labels by name; series by number of labels, then by values. Families without series are
// gone. REQUIRES: families of one name have one type.
std::vector<prometheus::MetricFamily> SortCollected(std::vector<prometheus::MetricFamily> families);

// Appends a family of SortCollected's, whole. `stem_taken`: see FamilyHead.
void RenderCollected(const prometheus::MetricFamily& family, bool stem_taken,
                     const Exposition& exposition, std::string* out);

}  // namespace weir
