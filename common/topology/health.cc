#include "common/topology/health.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/log.h"

namespace weir {
namespace {

constexpr std::chrono::nanoseconds kOnce(0);

}  // namespace

struct Health::Node {
  Node(const HealthTarget& target, const NodeState::Options& options)
      : spec(target.probe), state(options) {
    report.label = target.label;
    report.kind = target.probe.kind;
  }

  ProbeSpec spec;
  std::function<bool()> ask;
  NodeState state;
  NodeHealth report;
  std::unique_ptr<Probe> probe;
  // Made anew for each interval, so that two probes are never closer than one.
  std::optional<Timer> next;
};

Health::Health(EventLoop& loop, std::function<void()> on_change)
    : loop_(loop), on_change_(std::move(on_change)) {}

Health::~Health() = default;

void Health::SetTargets(const std::vector<HealthTarget>& targets, const HealthOptions& options) {
  WEIR_CHECK(options.timeout <= options.interval && options.fall > 0 && options.rise > 0);
  const bool same_pace = options.interval == options_.interval;
  options_ = options;
  const NodeState::Options state{options.fall, options.rise, options.interval};
  Standing last = StandingRules::AllUp(targets.size());
  std::vector<std::unique_ptr<Node>> nodes;
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto known = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) {
      return node != nullptr && node->report.label == targets[i].label;
    });
    const bool same = known != nodes_.end() && (*known)->spec == targets[i].probe;
    auto node = same ? std::move(*known) : std::make_unique<Node>(targets[i], state);
    if (!same && known != nodes_.end()) node->report.drained = (*known)->report.drained;
    if (same) last.in_ring[i] = node->report.in_ring;
    node->ask = targets[i].ask;
    node->state.SetOptions(state);
    if (!same || !same_pace) {
      const auto offset = options.interval * i / targets.size();
      node->next.emplace(loop_, offset, kOnce, [this, it = node.get()] { Begin(*it); });
    }
    nodes.push_back(std::move(node));
  }
  nodes_ = std::move(nodes);
  standing_ = NextStanding(last);
}

void Health::SetEndpoint(std::string_view label, const Endpoint& endpoint) {
  if (Node* node = Find(label)) node->spec.endpoint = endpoint;
}

Health::Node* Health::Find(std::string_view label) {
  for (const auto& node : nodes_) {
    if (node->report.label == label) return node.get();
  }
  return nullptr;
}

void Health::Begin(Node& node) {
  // An interval as long as the timeout: the last probe has not ended by a hair.
  if (node.probe != nullptr) OnResult(node, ProbeResult::kTimeout);
  node.next.emplace(loop_, options_.interval, kOnce, [this, &node] { Begin(node); });
  node.state.BeginInterval();
  if (node.ask) {
    ++node.report.probes;
    OnResult(node, node.ask() ? ProbeResult::kUp : ProbeResult::kBadAnswer);
    return;
  }
  if (node.spec.kind == HealthKind::kNone) {
    if (node.state.OnSuccess(loop_.NowNanos())) OnNodeChanged(node, "no refusal");
    return;
  }
  ++node.report.probes;
  node.probe =
      std::make_unique<Probe>(loop_, node.spec, options_.timeout,
                              [this, &node](ProbeResult result) { OnResult(node, result); });
}

void Health::OnResult(Node& node, ProbeResult result) {
  node.probe.reset();
  node.report.last_result = result;
  if (result == ProbeResult::kNone) return;
  const bool up = result == ProbeResult::kUp;
  if (!up) ++node.report.probe_failures;
  const int64_t now = loop_.NowNanos();
  const bool changed = up ? node.state.OnSuccess(now) : node.state.OnFailure(now);
  if (changed) OnNodeChanged(node, Name(result));
}

void Health::ReportRefusal(std::string_view label) {
  Node* const node = Find(label);
  if (node == nullptr) return;
  ++node->report.refusals;
  if (node->state.OnRefused(loop_.NowNanos())) OnNodeChanged(*node, "data refused");
}

bool Health::SetDrained(std::string_view label, bool drained) {
  Node* const node = Find(label);
  if (node == nullptr) return false;
  if (node->report.drained != drained) {
    node->report.drained = drained;
    LogInfo(drained ? "A downstream is drained" : "A downstream is no longer drained",
            {{"downstream", label}});
    Update();
  }
  return true;
}

void Health::OnNodeChanged(Node& node, std::string_view reason) {
  node.report.alive = node.state.alive();
  node.report.changed_nanos = loop_.NowNanos();
  ++node.report.changes;
  const LogFields fields = {{"downstream", node.report.label}, {"reason", reason}};
  if (node.report.alive) {
    LogInfo("A downstream is up", fields);
  } else {
    LogWarn("A downstream is down", fields);
  }
  Update();
}

Standing Health::NextStanding(const Standing& last) const {
  LiveSet alive;
  LiveSet drained;
  for (const auto& node : nodes_) {
    alive.push_back(node->report.alive);
    drained.push_back(node->report.drained);
  }
  const Standing next =
      StandingRules(options_.on_down, options_.panic_percent).Next(last, alive, drained);
  for (size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->report.in_ring = next.in_ring[i];
  return next;
}

void Health::Update() {
  Standing next = NextStanding(standing_);
  if (next == standing_) return;
  if (next.panic != standing_.panic) {
    LogWarn(next.panic ? "Too few downstreams look alive: they stay in the ring"
                       : "Enough downstreams are alive again");
  }
  standing_ = std::move(next);
  on_change_();
}

std::vector<NodeHealth> Health::nodes() const {
  std::vector<NodeHealth> all;
  for (const auto& node : nodes_) all.push_back(node->report);
  return all;
}

}  // namespace weir
