// Commands: what the router's console answers beyond common/console.h, in the words of the router
// whose place it takes.
//
//   own    health [up|down], ping, stats, memstats, status, config, drain NODE, undrain NODE, help,
//          quit
//   etsy   the same, with `help`, `status` and `config` as proxy.js writes them
//   go     the same, with `stats` as go-statsd-proxy writes it, and its answer to what is unknown,
//          "unknown command". A superset: it knows ping, stats and memstats only, but nobody leans
//          on its not knowing `health`, and probes ask for it
//   hulu   `health [word]`; anything else closes without a reply, as in hulu's router. Any word but
//          "up" is down, and is told back while it is the reason. Unlike hulu's, a router that is
//          not well says "down" even after `health up`
//
// NODE is a label, as it is or as `status` shows it (router/shown.h). docs/router-operations.md has
// every answer.
//
// Threads: the console's loop. Lifetimes: what the hooks capture and the health outlive it.
// Tested by tests/unit/router/commands_test.cc.
#pragma once

#include <functional>
#include <string_view>

#include "common/console.h"
#include "common/service_health.h"
#include "common/topology/config_words.h"
#include "router/router_report.h"

namespace weir {

struct CommandHooks {
  std::function<RouterReport()> report;
  // Takes a node out by hand (true) or lets it in again. False: no such node.
  std::function<bool(std::string_view label, bool drained)> drain;
};

void RegisterCommands(ConsoleStyle style, CommandHooks hooks, ServiceHealth& health,
                      Console* console);

}  // namespace weir
