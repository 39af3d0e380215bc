#include "router/plan.h"

#include <algorithm>
#include <string_view>

namespace weir {
namespace {

Endpoint DataEndpoint(const DownstreamConfig& downstream, const EndpointOf& endpoint_of) {
  if (downstream.transport != Transport::kUnixgram) return endpoint_of(downstream.address);
  const auto endpoint = Endpoint::OfUnix(downstream.address);
  return endpoint ? *endpoint : Endpoint();
}

}  // namespace

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

LaneOptions LaneOptionsOf(const RouterConfig& config) {
  return {.mtu = config.mtu,
          .on_down = config.on_down,
          .hold_time = config.hold.time,
          .hold_bytes = config.hold.bytes};
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

std::vector<std::string> NamesOf(const RouterConfig& config) {
  std::vector<std::string> names;
  for (const DownstreamConfig& downstream : config.downstreams) {
    if (downstream.transport != Transport::kUnixgram) names.push_back(downstream.address);
    if (downstream.health_kind != HealthKind::kNone) names.push_back(downstream.health);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<DownstreamSpec> DownstreamsOf(const RouterConfig& config,
                                          const EndpointOf& endpoint_of) {
  std::vector<DownstreamSpec> specs;
  for (const DownstreamConfig& downstream : config.downstreams) {
    specs.push_back({.label = downstream.label,
                     .address = downstream.address,
                     .transport = downstream.transport,
                     .queue_bytes = downstream.queue,
                     .endpoint = DataEndpoint(downstream, endpoint_of)});
  }
  return specs;
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

std::vector<std::string> NeedRestart(const RouterConfig& now, const RouterConfig& next) {
  std::vector<std::string> keys;
  const auto add = [&](bool same, std::string_view key) {
    if (!same) keys.emplace_back(key);
  };
  add(now.listen == next.listen, "listen");
  add(now.console == next.console, "console");
  add(now.web == next.web, "web");
  add(now.threads == next.threads, "threads");
  add(now.read_buffer == next.read_buffer, "read_buffer");
  return keys;
}

RouterConfig AfterReload(const RouterConfig& now, const RouterConfig& next) {
  RouterConfig after = next;
  after.listen = now.listen;
  after.console = now.console;
  after.web = now.web;
  after.threads = now.threads;
  after.read_buffer = now.read_buffer;
  return after;
}

}  // namespace weir
