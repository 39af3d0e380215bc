// Plan: what a configuration means to placement and to the probes.
//
// Shared by all who follow one configuration: the router that sends by it, and exporters that want
// to know which series are theirs (exporter/membership.h). They agree because they ask here.
//
// Pure functions. `endpoint_of` tells where a name (host:port) is to be reached now.
// Tested by tests/unit/common/topology/plan_test.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/key.h"
#include "common/placement.h"
#include "common/topology/config.h"
#include "common/topology/health.h"

namespace weir {

using EndpointOf = std::function<Endpoint(const std::string& name)>;

RingConfig RingConfigOf(const RouterConfig& config);
HealthOptions HealthOptionsOf(const RouterConfig& config);
// `mapped` is not KeyReader's: its mode is that of lines without a series.
KeyMode KeyModeOf(const RouterConfig& config);

// Every host:port to probe; each once.
std::vector<std::string> HealthNamesOf(const RouterConfig& config);
// In the order of the configuration.
std::vector<HealthTarget> HealthTargetsOf(const RouterConfig& config,
                                          const EndpointOf& endpoint_of);

}  // namespace weir
