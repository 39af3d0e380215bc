#include "common/topology/plan.h"

#include <algorithm>
#include <utility>

namespace weir {

RingConfig RingConfigOf(const RouterConfig& config) {
  RingConfig ring;
  ring.placement = config.placement;
  ring.shard_map = config.shard_map;
  ring.name_end = config.name_end;
  for (const DownstreamConfig& downstream : config.downstreams) {
    ring.nodes.push_back({downstream.label, downstream.address, downstream.weight});
  }
  return ring;
}

HealthOptions HealthOptionsOf(const RouterConfig& config) {
  const HealthCheckConfig& check = config.health_check;
  return {.interval = check.interval,
          .timeout = check.timeout,
          .fall = check.fall,
          .rise = check.rise,
          .panic_percent = config.panic_threshold,
          .on_down = config.on_down};
}

KeyMode KeyModeOf(const RouterConfig& config) {
  return config.key == KeyKind::kSeries ? KeyMode::kSeries : KeyMode::kName;
}

std::vector<std::string> HealthNamesOf(const RouterConfig& config) {
  std::vector<std::string> names;
  for (const DownstreamConfig& downstream : config.downstreams) {
    if (downstream.health_kind != HealthKind::kNone) names.push_back(downstream.health);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<HealthTarget> HealthTargetsOf(const RouterConfig& config,
                                          const EndpointOf& endpoint_of) {
  std::vector<HealthTarget> targets;
  for (const DownstreamConfig& downstream : config.downstreams) {
    HealthTarget target;
    target.label = downstream.label;
    target.probe.kind = downstream.health_kind;
    if (downstream.health_kind != HealthKind::kNone) {
      target.probe.endpoint = endpoint_of(downstream.health);
    }
    if (downstream.health_kind == HealthKind::kHttp) {
      target.probe.host = downstream.health;
      target.probe.path = downstream.health_path;
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace weir
