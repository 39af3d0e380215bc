// Conductor: decides where lines go, and tells the workers: placement from the configuration and
// from what probes, refusals, operators, discovery and name servers say.
//
// Owns the ring in force, the probes, what is discovered and the names. All that workers get from
// it is made whole here and replaced whole there.
//
// Threads: the loop's (the main one) for everything. Lifetimes: loop and workers outlive it.
// Tested by tests/integration/test_router_*.py.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event_loop.h"
#include "common/ring.h"
#include "common/topology/config.h"
#include "common/topology/discovery.h"
#include "common/topology/health.h"
#include "common/topology/resolver.h"
#include "mapping/mapper.h"
#include "router/router_report.h"
#include "router/worker.h"

namespace weir {

using Workers = std::vector<std::unique_ptr<Worker>>;

class Conductor {
 public:
  Conductor(EventLoop& loop, const Workers& workers);

  // Brings a configuration into force; `mapper` is that of `key: mapped`, otherwise null. Returns
  // when every worker has it, or has not taken it in time, which is logged. Waits for new names and
  // for what is to be discovered, two seconds at most for each; meanwhile no probe is asked.
  // `running`: whether the workers have started. The first call's `resolver` stays.
  void Apply(const RouterConfig& config, std::shared_ptr<const Mapper> mapper, bool running);
  // With the downstreams that are discovered.
  const RouterConfig& config() const { return config_; }
  // Whether there is a downstream to send to. Any thread.
  bool has_downstreams() const { return has_downstreams_; }

  // By which pings call the first worker; the others follow one by one, as the threads of hulu's
  // router had ports of their own. Default 0.
  void SetDataPort(uint16_t port);

  // A worker's socket was told that nobody listens there.
  void ReportRefusal(std::string_view label) { health_.ReportRefusal(label); }
  // Takes a downstream out by hand, or lets it in again. False: no such node.
  bool SetDrained(std::string_view label, bool drained) {
    return drained ? health_.Drain(label) : health_.Undrain(label);
  }

  // What it knows and what the workers count.
  void Report(RouterReport* report) const;

 private:
  void Open(const ResolverConfig& config);
  void Establish(const RouterConfig& config, std::chrono::nanoseconds patience, bool running);
  void TellWorkers(bool running);
  void OnHealthChanged();
  void OnEndpointChanged(const std::string& name, const Endpoint& endpoint);
  void StartPing();
  void LogRing() const;

  EventLoop& loop_;
  const Workers& workers_;
  RouterConfig config_;
  std::shared_ptr<const Mapper> mapper_;
  std::optional<Resolver> resolver_;  // both from the first configuration on
  std::optional<Discovery> discovery_;
  std::atomic<bool> has_downstreams_{false};
  Health health_;
  std::shared_ptr<const Ring> ring_;
  uint16_t data_port_ = 0;
  std::optional<Timer> ping_;
};

}  // namespace weir
