// Plan: what a configuration means to the parts of the router alone: to its workers, to names and
// to reloads. What it means to placement and probes is in common/topology/plan.h.
//
// Pure functions. `endpoint_of` tells where a name (host:port) is to be reached now.
// Tested by tests/unit/router/plan_test.cc.
#pragma once

#include <string>
#include <vector>

#include "common/topology/config.h"
#include "common/topology/plan.h"
#include "router/lane.h"

namespace weir {

LaneOptions LaneOptionsOf(const RouterConfig& config);

// Every host:port to send to or to probe; each once.
std::vector<std::string> NamesOf(const RouterConfig& config);

// In the order of the configuration.
std::vector<DownstreamSpec> DownstreamsOf(const RouterConfig& config,
                                          const EndpointOf& endpoint_of);

// What of `next` a reload cannot bring into force: keys, for the operator.
std::vector<std::string> NeedRestart(const RouterConfig& now, const RouterConfig& next);
// `next` with those keys as they are now: what holds after a reload.
RouterConfig AfterReload(const RouterConfig& now, const RouterConfig& next);

}  // namespace weir
