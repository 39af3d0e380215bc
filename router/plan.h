// Plan: what a configuration means to the parts of the router: to placement, workers and probes.
//
// Pure functions. `endpoint_of` tells where a name (host:port) is to be reached now.
// Tested by tests/unit/router/plan_test.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/key.h"
#include "common/placement.h"
#include "common/topology/config.h"
#include "common/topology/health.h"
#include "router/lane.h"

namespace weir {

using EndpointOf = std::function<Endpoint(const std::string& name)>;

RingConfig RingConfigOf(const RouterConfig& config);
LaneOptions LaneOptionsOf(const RouterConfig& config);
HealthOptions HealthOptionsOf(const RouterConfig& config);
// `mapped` is not KeyReader's: its mode is that of lines without a series.
KeyMode KeyModeOf(const RouterConfig& config);

// Every host:port to send to or to probe; each once.
std::vector<std::string> NamesOf(const RouterConfig& config);

// In the order of the configuration, both.
std::vector<DownstreamSpec> DownstreamsOf(const RouterConfig& config,
                                          const EndpointOf& endpoint_of);
std::vector<HealthTarget> HealthTargetsOf(const RouterConfig& config,
                                          const EndpointOf& endpoint_of);

// What of `next` a reload cannot bring into force: keys, for the operator.
std::vector<std::string> NeedRestart(const RouterConfig& now, const RouterConfig& next);
// `next` with those keys as they are now: what holds after a reload.
RouterConfig AfterReload(const RouterConfig& now, const RouterConfig& next);

}  // namespace weir
