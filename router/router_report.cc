#include "router/router_report.h"

#include <string_view>
#include <unordered_map>

namespace weir {
namespace {

using ByLabel = std::unordered_map<std::string_view, size_t>;

// `list` outlives it.
template <class Labeled>
ByLabel PlacesIn(const std::vector<Labeled>& list) {
  ByLabel places;
  for (size_t i = 0; i < list.size(); ++i) places.emplace(list[i].label, i);
  return places;
}

void AddStats(const WorkerStats& from, WorkerStats* to) {
  to->lines += from.lines;
  to->empty += from.empty;
  for (size_t i = 0; i < from.malformed.size(); ++i) to->malformed[i] += from.malformed[i];
  to->own_lines += from.own_lines;
}

void AddLane(const LaneReport& from, LaneReport* to) {
  to->down = to->down || from.down;
  to->counters += from.counters;
  to->waiting += from.waiting;
  to->held += from.held;
}

// Before any worker has said anything. `config`: none while the two disagree.
DownstreamReport Begin(const NodeHealth& node, const DownstreamConfig* config) {
  DownstreamReport downstream{};
  downstream.health = node;
  downstream.lane.label = node.label;
  if (config == nullptr) return downstream;
  downstream.lane.address = config->address;
  downstream.lane.transport = config->transport;
  downstream.weight = config->weight;
  return downstream;
}

}  // namespace

void AddUp(const std::vector<WorkerReport>& workers, const std::vector<NodeHealth>& nodes,
           RouterReport* report) {
  const std::vector<DownstreamConfig>& configs = report->config.downstreams;
  const ByLabel config_places = PlacesIn(configs);
  for (const NodeHealth& node : nodes) {
    const auto place = config_places.find(node.label);
    const bool known = place != config_places.end();
    report->downstreams.push_back(Begin(node, known ? &configs[place->second] : nullptr));
  }
  const ByLabel node_places = PlacesIn(nodes);
  report->workers = workers.size();
  for (const WorkerReport& worker : workers) {
    AddStats(worker.stats, &report->stats);
    for (const LaneReport& lane : worker.lanes) {
      if (const auto place = node_places.find(lane.label); place != node_places.end()) {
        AddLane(lane, &report->downstreams[place->second].lane);
      } else {
        report->retired += lane.counters;
        report->retired_waiting += lane.waiting;
      }
    }
    report->retired += worker.retired;
    report->retired_waiting += worker.retired_waiting;
    for (const ListenerReport& listener : worker.listeners) {
      AddListener(listener, &report->listeners);
    }
  }
}

}  // namespace weir
