// StatusPage: a router's report as one page of HTML for people: state, ring, downstreams,
// listeners.
//
// It needs nothing else: no script, no other file. It loads itself again every five seconds.
// Whatever comes from the configuration is escaped.
// Thread safety: pure function.
// Tested by tests/unit/router/status_page_test.cc.
#pragma once

#include <string>

#include "router/router_report.h"

namespace weir {

std::string StatusPage(const RouterReport& report);

}  // namespace weir
