// The console's answers as etsy's proxy.js writes them, byte for byte where its own are fixed.
//
// Thread safety: pure functions. Tested by tests/unit/router/etsy_text_test.cc.
#pragma once

#include <string>

#include "router/router_report.h"

namespace weir {

// "uptime: N\nnodes: host:port host:port \n", of the nodes that are in the ring.
std::string EtsyStatusText(const RouterReport& report);

// "\n", then `key: value` and `key > sub: value` lines: first what a file of proxy.js says, in its
// words (a node as host:port where proxy.js has "[object Object]"), then the whole configuration in
// ours. REQUIRES: `config` came from a reader.
std::string EtsyConfigText(const RouterConfig& config);

}  // namespace weir
