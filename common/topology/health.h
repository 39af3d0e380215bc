// Health: knows which downstreams are alive, by asking them and by what the data sockets meet, and
// says so when it changes.
//
// Each node is asked once per interval, by this process, whatever the number of workers; the first
// questions are spread over an interval. A death is noticed within fall * interval + timeout. Nodes
// of kind none are never asked: refusals alone tell, and an interval without one is a success.
//
// Threads: all on the loop's thread (the main one). Lifetimes: the loop outlives it. on_change is
// called from the loop and from Drain, Undrain and ReportRefusal; it must not destroy this.
// Tested by tests/unit/common/topology/health_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/event_loop.h"
#include "common/topology/node_state.h"
#include "common/topology/probe.h"
#include "common/topology/standing.h"

namespace weir {

struct HealthTarget {
  std::string label;
  ProbeSpec probe;
  // Of this process itself: called instead of a probe, and says whether that would be answered
  // well.
  std::function<bool()> ask = {};
};

struct HealthOptions {
  std::chrono::nanoseconds interval = std::chrono::seconds(2);
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);  // at most the interval
  uint32_t fall = 2;
  uint32_t rise = 2;
  uint32_t panic_percent = 0;
  OnDown on_down = OnDown::kRehash;
};

struct NodeHealth {
  std::string label;
  HealthKind kind;
  bool alive = true;
  bool drained = false;
  bool in_ring = true;
  ProbeResult last_result = ProbeResult::kNone;
  int64_t changed_nanos = 0;  // when `alive` last did, by the loop's clock
  uint64_t changes = 0;       // of `alive`
  uint64_t probes = 0;
  uint64_t probe_failures = 0;
  uint64_t refusals = 0;  // of the data sockets, as far as they were reported
};

class Health {
 public:
  Health(EventLoop& loop, std::function<void()> on_change);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // At the start and at a reload: nodes that keep label and probe keep their state, and a node that
  // keeps its label stays drained. Does not call on_change: look at standing().
  void SetTargets(const std::vector<HealthTarget>& targets, const HealthOptions& options);
  // The node's health address now stands for this one. Unknown labels are ignored, here and below.
  void SetEndpoint(std::string_view label, const Endpoint& endpoint);

  // A data socket was told that nobody listens there.
  void ReportRefusal(std::string_view label);

  // Takes a node out of placement by hand, or lets it in again. False: no such node.
  bool Drain(std::string_view label) { return SetDrained(label, true); }
  bool Undrain(std::string_view label) { return SetDrained(label, false); }

  // In the order of the targets.
  const Standing& standing() const { return standing_; }
  std::vector<NodeHealth> nodes() const;

 private:
  struct Node;

  Node* Find(std::string_view label);
  bool SetDrained(std::string_view label, bool drained);
  void Begin(Node& node);
  void OnResult(Node& node, ProbeResult result);
  void OnNodeChanged(Node& node, std::string_view reason);
  Standing NextStanding(const Standing& last) const;
  void Update();

  EventLoop& loop_;
  const std::function<void()> on_change_;
  HealthOptions options_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Standing standing_;
};

}  // namespace weir
