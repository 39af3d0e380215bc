// Worker: one thread of weir-router with its loop, its sockets, and its lanes to the downstreams.
//
// Workers share nothing but the immutable Ring. Other threads Post tasks; counters are read by a
// task too.
//
// The law, in lines, of Report():
//   lines + own_lines = empty + malformed + taken (of all lanes)
// and for each lane that of router/downstream_counters.h.
// A line is forwarded as it came, but for its end: CRLF becomes LF, as does the end of a datagram.
//
// Threads: construct, Attach and Start on the main thread; Post and last_turn from any thread; all
// else on the worker's own thread, which is where posted tasks run, or before Start.
// Lifetimes: the clock outlives the worker. on_refused is called on the worker's thread.
// Tested by tests/unit/router/worker_test.cc and worker_ping_test.cc.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/event_loop.h"
#include "common/key.h"
#include "common/line.h"
#include "common/line_queue.h"
#include "common/listener.h"
#include "common/ring.h"
#include "router/lane.h"
#include "router/line_key.h"
#include "router/ping.h"
#include "router/validator.h"

namespace weir {

// All that decides what a worker does with a line. Replaced as a whole by a reload.
struct Routing {
  std::vector<DownstreamSpec> downstreams;  // in the order of the ring's nodes
  std::shared_ptr<const Ring> ring;
  LiveSet down;  // whose lines are dropped or held; empty: none
  LaneOptions lane;
  KeyMode key = KeyMode::kName;
  // Makes a worker's own LineKey, which then comes in the place of `key`; empty: none.
  std::function<std::unique_ptr<LineKey>()> make_line_key;
  ValidationLevel validation = ValidationLevel::kStructure;
  std::chrono::nanoseconds flush_interval = std::chrono::milliseconds(100);
};

struct WorkerStats {
  uint64_t lines = 0;  // received
  uint64_t empty = 0;
  std::array<uint64_t, kParseErrorCount> malformed{};  // by ParseError
  uint64_t own_lines = 0;                              // made here: SendOwn, SendPing
};

struct WorkerReport {
  WorkerStats stats;
  // In the order of the downstreams; with what earlier lanes of the same label counted.
  std::vector<LaneReport> lanes;
  DownstreamCounters retired;  // of lanes whose label a reload took away
  Amount retired_waiting;      // in those of them that have not ended yet
  std::vector<ListenerReport> listeners;
};

class Worker final : private LineSink {
 public:
  // Called with a downstream's label when its host says that nobody listens; at most ten times a
  // second for each, so that it may post a task.
  using OnRefused = std::function<void(const std::string& label)>;

  Worker(uint32_t id, const Clock& clock, OnRefused on_refused);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Takes a socket to read from. REQUIRES: not started.
  void Attach(BoundSocket socket);
  // Takes the lines of a queue. REQUIRES: not started.
  void Attach(std::shared_ptr<LineQueue> queue);
  // REQUIRES: SetRouting was called.
  void Start();
  // Ends the thread, after every task posted so far. What waits is lost: Drain first.
  void Stop();

  void Post(std::function<void()> task) { loop_.Post(std::move(task)); }
  // When the loop last turned, by the clock: at least once a second while it is well.
  int64_t last_turn() const { return loop_.NowNanos(); }
  // On its own thread, or before it is started.
  const std::vector<std::unique_ptr<Listener>>& listeners() const { return listeners_; }
  // False once a listener had to give up. Any thread.
  bool listening() const { return listening_.load(std::memory_order_relaxed); }

  // Downstreams that stay the same, but for their address, keep their buffers, what they hold and
  // their counters. What the others have buffered is sent first; a TCP queue gets five seconds.
  // REQUIRES: as many downstreams as the ring has nodes; `key` is one that its placement has.
  void SetRouting(const Routing& routing);
  // Health changed: the same nodes, others of them alive. REQUIRES: as many as before.
  void SetRing(std::shared_ptr<const Ring> ring, const LiveSet& down);
  // The downstream's name now stands for this address. Unknown labels are ignored.
  void SetEndpoint(std::string_view label, const Endpoint& endpoint);

  // Sends a line of our own: to where its key belongs, or to one downstream. REQUIRES: no LF in it.
  void SendOwn(std::string_view line);
  void SendOwnTo(size_t downstream, std::string_view line);
  // Sends the lines of a ping, which tell what was sent since the last one. A downstream that a
  // reload changes, but for its label, goes on counting; one that it takes away is told of no more.
  void SendPing(const Ping& ping);

  WorkerReport Report() const;

  // The end: reads what the sockets hold, stops reading, flushes, and waits for what is queued
  // until `limit` has passed; what then remains is dropped and counted. Calls `done` at last.
  void Drain(std::chrono::nanoseconds limit, std::function<void()> done);

 private:
  struct Way;

  void OnDatagram(std::string_view datagram, Transport transport) override;
  void OnStream(std::string_view lines, Transport transport) override;
  void OnBatchEnd() override;
  void TakeLines(std::string_view block, Framing framing);
  Ring::Found Find(std::string_view line);
  void AddStaged();
  void FlushAll();
  void Housekeep();
  void EndRetired(bool at_once);
  bool HasLane(std::string_view label) const;
  void LookIfDrained();
  bool idle() const;
  std::unique_ptr<Way> MakeWay(const LaneOptions& options, const DownstreamSpec& spec);

  const uint32_t id_;
  const OnRefused on_refused_;
  EventLoop loop_;
  ReceiveSlots slots_;
  std::atomic<bool> listening_{true};

  // How lines are read and placed.
  std::optional<Validator> validator_;
  std::optional<KeyReader> key_reader_;
  std::unique_ptr<LineKey> line_key_;
  std::shared_ptr<const Ring> ring_;
  std::vector<Lane*> lanes_;  // by node: of ways_
  WorkerStats stats_;

  // Good lines whose place in the ring is on its way from memory; none between two batches.
  struct Staged {
    std::string_view line;
    Ring::Found found;
  };
  std::array<Staged, 16> staged_;
  size_t staged_count_ = 0;

  std::vector<std::unique_ptr<Way>> ways_;
  std::vector<std::unique_ptr<Way>> retired_ways_;
  // Of retired ways that have ended: by label while a lane has it, otherwise in one.
  std::map<std::string, DownstreamCounters, std::less<>> ended_;
  DownstreamCounters retired_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::optional<Timer> flush_;
  Timer housekeeping_;
  std::optional<Timer> drained_;
  int64_t drain_until_ = 0;
  std::function<void()> on_drained_;
  std::thread thread_;
};

}  // namespace weir
