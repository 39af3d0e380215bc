#include "router/plan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/topology/look.h"

namespace weir {
namespace {

Endpoint DataEndpoint(const DownstreamConfig& downstream, const EndpointOf& endpoint_of) {
  if (downstream.address.empty()) return {};  // nothing is discovered yet
  if (downstream.transport != Transport::kUnixgram) return endpoint_of(downstream.address);
  const auto endpoint = Endpoint::OfUnix(downstream.address);
  return endpoint ? *endpoint : Endpoint();
}

}  // namespace

LaneOptions LaneOptionsOf(const RouterConfig& config) {
  return {.mtu = config.mtu,
          .on_down = config.on_down,
          .hold_time = config.hold.time,
          .hold_bytes = config.hold.bytes};
}

std::vector<std::string> NamesOf(const RouterConfig& config) {
  std::vector<std::string> names;
  for (const DownstreamConfig& downstream : config.downstreams) {
    for (std::string& name : NamesOf(downstream)) names.push_back(std::move(name));
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
  add(now.resolver == next.resolver, "resolver");
  return keys;
}

RouterConfig AfterReload(const RouterConfig& now, const RouterConfig& next) {
  RouterConfig after = next;
  after.listen = now.listen;
  after.console = now.console;
  after.web = now.web;
  after.threads = now.threads;
  after.read_buffer = now.read_buffer;
  after.resolver = now.resolver;
  return after;
}

}  // namespace weir
