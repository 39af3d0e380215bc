// The texts that a console makes of a RouterReport, in lines of `key: value`.
//
// Labels and addresses stand as Shown() has them.
// Thread safety: pure functions. Tested by tests/unit/router/report_text_test.cc.
#pragma once

#include <string>

#include "router/router_report.h"

namespace weir {

// go-statsd-proxy's two lines. Its packets_received counts lines, so ours does.
std::string GoStatsText(const RouterReport& report);

// Those, then every counter of the report; ends with "END\n\n", as etsy's statsd ends its `stats`.
// The value is what stands behind a line's last ": ".
std::string StatsText(const RouterReport& report);

// The state of things, with a line for each downstream; ends with "END\n\n".
std::string StatusText(const RouterReport& report);

}  // namespace weir
