// Reports of workers in which every counter counts and the law of router/worker.h holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "router/router_report.h"

namespace weir {

// What was taken and does not wait.
inline uint64_t SettledLines(const DownstreamCounters& counters) {
  return counters.forwarded_lines() + counters.dropped_lines();
}

// Different numbers for every `seed`.
inline DownstreamCounters CountersOf(uint64_t seed, const Amount& waiting) {
  DownstreamCounters counters;
  counters.sent = {1000 * seed, 30'000 * seed, 40 * seed};
  counters.returned = {20 * seed, 600 * seed, seed};
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    counters.dropped[i] = {seed * (i + 2), 31 * seed * (i + 2), seed + i};
  }
  counters.connects = 3 * seed;
  counters.connect_failures = 5 * seed;
  counters.taken_lines = SettledLines(counters) + waiting.lines;
  return counters;
}

inline LaneReport LaneOf(const std::string& label, uint64_t seed) {
  LaneReport lane{};
  lane.label = label;
  lane.address = "10.0.0.1:9125";
  lane.waiting = {7 * seed, 70 * seed, seed};
  lane.held = {2 * seed, 20 * seed, seed};
  lane.counters = CountersOf(seed, lane.waiting);
  return lane;
}

inline ListenerReport ListenerOf(Transport transport, uint64_t seed) {
  ListenerReport report = {
      .transport = transport,
      .address = "[::]:8125",
      .open = true,
      .counters = {.datagrams = seed, .bytes = 10 * seed, .open_connections = seed},
      .kernel_drops = seed + 1};
  report.rejects.fill(true);
  return report;
}

inline WorkerReport WorkerOf(const std::vector<std::string>& labels, uint64_t seed) {
  WorkerReport worker;
  uint64_t taken = 0;
  for (const std::string& label : labels) {
    worker.lanes.push_back(LaneOf(label, seed++));
    taken += worker.lanes.back().counters.taken_lines;
  }
  worker.retired_waiting = {4 * seed, 40 * seed, seed};
  worker.retired = CountersOf(seed, worker.retired_waiting);
  taken += worker.retired.taken_lines;

  worker.stats.own_lines = 6 * seed;
  worker.stats.empty = 9 * seed;
  worker.stats.lines = taken - worker.stats.own_lines + worker.stats.empty;
  for (uint64_t& count : worker.stats.malformed) worker.stats.lines += count = ++seed;
  worker.listeners = {ListenerOf(Transport::kUdp, seed), ListenerOf(Transport::kTcp, seed + 1)};
  return worker;
}

inline NodeHealth NodeOf(const std::string& label) {
  NodeHealth node{};
  node.label = label;
  node.kind = HealthKind::kStatsd;
  return node;
}

inline std::vector<NodeHealth> NodesOf(const std::vector<std::string>& labels) {
  std::vector<NodeHealth> nodes;
  for (const std::string& label : labels) nodes.push_back(NodeOf(label));
  return nodes;
}

// Without sums.
inline RouterReport ReportOf(const std::vector<std::string>& labels) {
  RouterReport report;
  for (const std::string& label : labels) {
    report.config.downstreams.push_back({.address = label + ":9125", .label = label});
  }
  report.fingerprint = "0123456789abcdef";
  return report;
}

// Two downstreams, a and b, two workers, and lanes that a reload took away.
inline RouterReport BusyReport() {
  RouterReport report = ReportOf({"a", "b"});
  AddUp({WorkerOf({"a", "b"}, 1), WorkerOf({"a", "b"}, 10)}, NodesOf({"a", "b"}), &report);
  report.sources = {{DiscoverKind::kSrv, "_statsd._udp.exporters.example", 2, 5, 6, 7}};
  uint64_t next = 3;
  for (DownstreamReport& downstream : report.downstreams) {
    NodeHealth& health = downstream.health;
    for (uint64_t* count :
         {&health.changes, &health.probes, &health.probe_failures, &health.refusals}) {
      *count = next++;
    }
  }
  report.http_intake = HttpIntakeReport{.requests = {{200, next}}};
  return report;
}

}  // namespace weir
