// A worker with a UDP port and three UDP downstreams, and what a test asks of it.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "router/worker.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"
#include "tests/unit/router/udp_target.h"

namespace weir {

// True once it holds; looks every millisecond.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

struct WorkerFixture {
  explicit WorkerFixture(OnDown on_down = OnDown::kRehash) {
    RingConfig ring;
    for (const char* label : {"a", "b", "c"}) {
      ring.nodes.push_back({label, label});
      const size_t i = routing.downstreams.size();
      routing.downstreams.push_back(
          {.label = label, .address = label, .endpoint = targets[i].endpoint()});
    }
    routing.ring = std::make_shared<Ring>(ring, LiveSet{true, true, true});
    routing.lane.on_down = on_down;
    routing.flush_interval = std::chrono::milliseconds(5);
    auto socket = std::move(OpenUdp({"127.0.0.1", 0}, {.read_buffer = 16 << 20}).value()[0]);
    client = Connect(SOCK_DGRAM, socket.address);
    worker.Attach(std::move(socket));
    worker.SetRouting(routing);
  }

  // On the worker's thread.
  template <class Task>
  auto Ask(Task task) {
    std::promise<decltype(task())> promise;
    worker.Post([&] { promise.set_value(task()); });
    return promise.get_future().get();
  }
  void Do(const std::function<void()>& task) {
    Ask([&] {
      task();
      return true;
    });
  }
  WorkerReport Report() {
    return Ask([this] { return worker.Report(); });
  }
  void Drain(std::chrono::nanoseconds limit = std::chrono::seconds(10)) {
    std::promise<void> done;
    worker.Post([&] { worker.Drain(limit, [&] { done.set_value(); }); });
    done.get_future().wait();
  }
  size_t OwnerOf(const std::string& name) const { return routing.ring->Owner(name); }
  // A name that belongs to the downstream.
  std::string NameOf(size_t downstream) const {
    for (int i = 0;; ++i) {
      if (OwnerOf("n" + std::to_string(i)) == downstream) return "n" + std::to_string(i);
    }
  }
  // Nothing is lost without being counted.
  void CheckLaw() {
    const WorkerReport report = Report();
    uint64_t ends = report.stats.empty + report.retired.taken_lines;
    for (const uint64_t count : report.stats.malformed) ends += count;
    for (const LaneReport& lane : report.lanes) {
      const DownstreamCounters& c = lane.counters;
      ends += c.taken_lines;
      CHECK(c.taken_lines == c.forwarded_lines() + c.dropped_lines() + lane.waiting.lines);
    }
    CHECK(report.stats.lines + report.stats.own_lines == ends);
    CHECK(report.retired.taken_lines == report.retired.forwarded_lines() +
                                            report.retired.dropped_lines() +
                                            report.retired_waiting.lines);
  }

  SteadyClock clock;
  UdpTarget targets[3];
  Routing routing;
  ScopedFd client;
  std::atomic<int> refused{0};
  std::string refused_label;
  Worker worker{0, clock, [this](const std::string& label) {
                  refused_label = label;
                  ++refused;
                }};
};

}  // namespace weir
