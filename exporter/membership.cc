#include "exporter/membership.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/topology/look.h"
#include "common/topology/plan.h"
#include "exporter/ring_config.h"

namespace weir {
namespace {

using std::chrono::seconds;

// For names that a start or a reload brings. Probes pause meanwhile, as they share the thread.
constexpr seconds kNamePatience(2);

}  // namespace

Membership::Membership(EventLoop& loop, const MembershipOptions& options,
                       const ServiceHealth& health, Tell tell)
    : loop_(loop),
      options_(options),
      service_health_(health),
      tell_(std::move(tell)),
      health_(loop_, [this] { Update(); }),
      look_(loop_, seconds(1), seconds(1), [this] { Update(); }) {}

void Membership::Open(const ResolverConfig& config) {
  resolver_.emplace(
      loop_, ResolverOptionsOf(config),
      [this](const std::string& name, const Endpoint& endpoint) {
        OnEndpointChanged(name, endpoint);
      },
      ResolveBy(config));
  config_.resolver = config;
}

void Membership::Apply(const RouterConfig& config) {
  if (!resolver_) Open(config.resolver);
  if (config.resolver != config_.resolver) {
    LogWarn("A change of this key needs a restart", {{"key", "resolver"}});
  }
  RouterConfig next = config;
  next.resolver = config_.resolver;
  if (next == config_) return;
  config_ = std::move(next);
  self_ = IndexOf(config_, options_.self);
  resolver_->SetNames(HealthNamesOf(config_), kNamePatience);
  health_.SetTargets(Targets(), HealthOptionsOf(config_));
  ring_ = std::make_shared<const Ring>(RingConfigOf(config_), health_.standing().in_ring);
  since_ = loop_.NowNanos();
  nodes_.assign(config_.downstreams.size(), {.live = true, .since = since_});
  const std::vector<NodeHealth> nodes = health_.nodes();
  for (size_t i = 0; i < nodes.size(); ++i) nodes_[i].live = nodes[i].alive && nodes[i].in_ring;
  TellOwnership();
}

void Membership::OnEndpointChanged(const std::string& name, const Endpoint& endpoint) {
  for (const DownstreamConfig& downstream : config_.downstreams) {
    if (downstream.health == name) health_.SetEndpoint(downstream.label, endpoint);
  }
}

std::vector<HealthTarget> Membership::Targets() const {
  auto targets = HealthTargetsOf(
      config_, [this](const std::string& name) { return resolver_->EndpointOf(name); });
  HealthTarget& self = targets[self_];
  if (self.probe.kind == HealthKind::kStatsd) {
    self.ask = [this] { return service_health_.up(); };
  } else {
    self.probe = {};
  }
  return targets;
}

// Health says when the ring changes, but not when a node dies or returns that stays in it either
// way (panic, on_down), and owns what it owns only while it lives: so it is asked, too.
void Membership::Update() {
  bool changed = false;
  const std::vector<NodeHealth> nodes = health_.nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    const bool live = nodes[i].alive && nodes[i].in_ring;
    if (live == nodes_[i].live) continue;
    nodes_[i] = {live, loop_.NowNanos()};
    changed = true;
  }
  const LiveSet& in_ring = health_.standing().in_ring;
  if (in_ring != ring_->live()) {
    ring_ = std::make_shared<const Ring>(ring_->WithLive(in_ring));
    changed = true;
  }
  if (changed) TellOwnership();
}

void Membership::TellOwnership() {
  const LiveSet& live = ring_->live();
  LogInfo("Placement", {{"fingerprint", ring_->FingerprintText()},
                        {"placement", WordOf(config_.placement)},
                        {"downstreams", live.size()},
                        {"in_ring", std::count(live.begin(), live.end(), true)}});
  tell_(std::make_shared<const Ownership>(ring_, config_.key, nodes_, static_cast<uint16_t>(self_),
                                          since_, options_.grace));
}

}  // namespace weir
