// Membership: this exporter's place among the downstreams of the routers. Runs their placement and
// their probes, and tells the shards whose the series are.
//
// It never probes itself over the network: a node that could not reach its own address would give
// away all it has. When the others probe it by its admin port, it counts what that would answer, so
// that "health: down" takes it out of its own ring when it leaves theirs; otherwise it always
// lives.
//
// Threads: the loop's (the main one) for everything; `tell` is called there. Lifetimes: loop and
// health outlive it. Tested by tests/integration/test_ownership.py.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/ring.h"
#include "common/service_health.h"
#include "common/topology/config.h"
#include "common/topology/health.h"
#include "common/topology/resolver.h"
#include "exporter/ownership.h"

namespace weir {

struct MembershipOptions {
  std::string self;                // label
  std::chrono::nanoseconds grace;  // Ownership's
};

class Membership {
 public:
  using Tell = std::function<void(const std::shared_ptr<const Ownership>&)>;

  // `health` is what the admin port answers; `tell` gets each new state of the ring.
  Membership(EventLoop& loop, const MembershipOptions& options, const ServiceHealth& health,
             Tell tell);
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Brings a configuration into force, which begins the grace anew unless it is the present one.
  // Waits for new names, two seconds at most; meanwhile no probe is asked. The first call's
  // `resolver` stays, as in the routers. REQUIRES: of LoadRing.
  void Apply(const RouterConfig& config);

 private:
  void Open(const ResolverConfig& config);
  void OnEndpointChanged(const std::string& name, const Endpoint& endpoint);
  std::vector<HealthTarget> Targets() const;
  void Update();
  void TellOwnership();

  EventLoop& loop_;
  const MembershipOptions options_;
  const ServiceHealth& service_health_;
  const Tell tell_;
  RouterConfig config_;
  size_t self_ = 0;
  int64_t since_ = 0;  // when config_ came into force
  std::vector<OwnershipNode> nodes_;
  std::shared_ptr<const Ring> ring_;
  std::optional<Resolver> resolver_;  // from the first configuration on
  Health health_;
  Timer look_;
};

}  // namespace weir
