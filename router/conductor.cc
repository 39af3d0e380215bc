#include "router/conductor.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "common/log.h"
#include "common/on_all.h"
#include "router/mapped_key.h"
#include "router/ping.h"
#include "router/plan.h"

namespace weir {
namespace {

using std::chrono::seconds;

// How long to wait for a worker to do as it is told.
constexpr seconds kPatience(10);
// For names that a start or a reload brings. Probes pause meanwhile, as they share the thread.
constexpr seconds kNamePatience(2);

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = "";
  gethostname(name, HOST_NAME_MAX);
  return name;
}

}  // namespace

Conductor::Conductor(EventLoop& loop, const Workers& workers)
    : loop_(loop), workers_(workers), health_(loop_, [this] { OnHealthChanged(); }) {}

void Conductor::Open(const ResolverConfig& config) {
  const ResolverOptions options = ResolverOptionsOf(config);
  resolver_.emplace(
      loop_, options,
      [this](const std::string& name, const Endpoint& endpoint) {
        OnEndpointChanged(name, endpoint);
      },
      ResolveBy(config));
  discovery_.emplace(
      loop_,
      DiscoveryOptions{.interval = options.interval, .retry_interval = options.retry_interval},
      [this] { Establish(config_, seconds(0), true); },
      [config](const DiscoverConfig& source, const std::set<std::string>& known) {
        return Look(source, config, known);
      });
}

void Conductor::Apply(const RouterConfig& config, std::shared_ptr<const Mapper> mapper,
                      bool running) {
  mapper_ = std::move(mapper);
  if (!discovery_) Open(config.resolver);
  discovery_->SetSources(config.discover, kNamePatience);
  Establish(config, kNamePatience, running);
}

// For what is discovered nothing is waited for: its addresses are known as a rule.
void Conductor::Establish(const RouterConfig& config, std::chrono::nanoseconds patience,
                          bool running) {
  config_ = WithDiscovered(config, discovery_->downstreams());
  has_downstreams_ = HasDownstreams(config_);
  resolver_->SetNames(NamesOf(config_), patience, discovery_->TakeEndpoints());
  const auto endpoint_of = [this](const std::string& name) { return resolver_->EndpointOf(name); };
  health_.SetTargets(HealthTargetsOf(config_, endpoint_of), HealthOptionsOf(config_));
  ring_ = std::make_shared<const Ring>(RingConfigOf(config_), health_.standing().in_ring);
  TellWorkers(running);
  StartPing();
  LogRing();
}

void Conductor::TellWorkers(bool running) {
  const auto endpoint_of = [this](const std::string& name) { return resolver_->EndpointOf(name); };
  Routing routing = {.downstreams = DownstreamsOf(config_, endpoint_of),
                     .ring = ring_,
                     .down = health_.standing().down,
                     .lane = LaneOptionsOf(config_),
                     .key = KeyModeOf(config_),
                     .make_line_key = {},
                     .validation = config_.validation,
                     .flush_interval = config_.flush_interval};
  if (mapper_ != nullptr) {
    routing.make_line_key = [mapper = mapper_] { return MakeMappedKey(mapper); };
  }
  if (!running) {
    for (const auto& worker : workers_) worker->SetRouting(routing);
  } else if (!OnAll(workers_, kPatience,
                    [routing](Worker& worker) { worker.SetRouting(routing); })) {
    LogError("A worker did not take the configuration in time");
  }
}

void Conductor::OnHealthChanged() {
  const Standing& standing = health_.standing();
  if (standing.in_ring != ring_->live()) {
    ring_ = std::make_shared<const Ring>(ring_->WithLive(standing.in_ring));
    LogRing();
  }
  for (const auto& worker : workers_) {
    worker->Post(
        [&worker = *worker, ring = ring_, down = standing.down] { worker.SetRing(ring, down); });
  }
}

void Conductor::OnEndpointChanged(const std::string& name, const Endpoint& endpoint) {
  for (const DownstreamConfig& downstream : config_.downstreams) {
    if (downstream.health == name) health_.SetEndpoint(downstream.label, endpoint);
    if (downstream.address != name || downstream.transport == Transport::kUnixgram) continue;
    for (const auto& worker : workers_) {
      worker->Post([&worker = *worker, label = downstream.label, endpoint] {
        worker.SetEndpoint(label, endpoint);
      });
    }
  }
}

void Conductor::SetDataPort(uint16_t port) {
  data_port_ = port;
  StartPing();
}

void Conductor::StartPing() {
  ping_.reset();
  if (config_.ping.interval.count() == 0) return;
  std::vector<Ping> pings;
  for (uint32_t id = 0; id < workers_.size(); ++id) {
    pings.emplace_back(config_.ping.prefix, HostName(), data_port_ + id);
  }
  ping_.emplace(loop_, config_.ping.interval, config_.ping.interval, [this, pings] {
    for (size_t id = 0; id < workers_.size(); ++id) {
      workers_[id]->Post([&worker = *workers_[id], ping = pings[id]] { worker.SendPing(ping); });
    }
  });
}

void Conductor::LogRing() const {
  const LiveSet& live = ring_->live();
  LogInfo("Placement", {{"fingerprint", ring_->FingerprintText()},
                        {"placement", WordOf(config_.placement)},
                        {"downstreams", live.size()},
                        {"in_ring", std::count(live.begin(), live.end(), true)}});
}

void Conductor::Report(RouterReport* report) const {
  report->config = config_;
  report->sources = discovery_->Report();
  report->fingerprint = ring_->FingerprintText();
  report->panic = health_.standing().panic;
  AddUp(AskAll(workers_, kPatience, [](Worker& worker) { return worker.Report(); }),
        health_.nodes(), report);
  report->whole = report->workers == workers_.size();
}

}  // namespace weir
