// ListenerTotals: what the listeners of all threads counted, added up by transport, and as metrics.
//
// Thread safety: plain values and pure functions.
// Tested by tests/unit/common/listener_totals_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <vector>

#include "common/listener.h"

namespace weir {

// Addresses are those of the first listener of each transport; `open` says whether all of them are.
using ListenerTotals = std::map<Transport, ListenerReport>;

void AddListener(const ListenerReport& from, ListenerTotals* totals);

// weir_received_bytes_total and its like, with the label `listener`: all of them always, those
// without a listener without series. What was rejected has the label `reason` too, and series only
// for what the listener can reject.
std::vector<prometheus::MetricFamily> ListenerFamilies(const ListenerTotals& totals);

}  // namespace weir
