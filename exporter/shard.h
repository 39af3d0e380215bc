// Shard: one thread of weir-exporter with its loop, its sockets, and the families it owns.
//
// No other thread reads or writes what is in here. Other threads Post tasks to it, and samples come
// from other shards through the Exchange.
//
// Threads: construct, Attach and Start on the main thread; Post and last_turn from any thread; all
// else on the shard's own thread, which is where posted tasks run.
// Lifetimes: exchange and clock outlive the shard.
// Tested by tests/unit/exporter/shard_test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/event_loop.h"
#include "common/line_queue.h"
#include "common/listener.h"
#include "exporter/exchange.h"
#include "exporter/ingest.h"
#include "exporter/relay.h"
#include "exporter/series_table.h"

namespace weir {

struct RelayTarget {
  SocketAddress address;
  std::string name;  // as configured
  size_t packet_length = 1400;
};

struct ShardOptions {
  IngestOptions ingest;
  SeriesTableOptions table;
  std::optional<RelayTarget> relay;
};

// What a shard counted, as one copy.
struct ShardReport {
  ShardStats stats;
  std::vector<Conflicts::Count> conflicts;
  std::vector<ListenerReport> listeners;
  std::optional<RelayCounters> relay;
  std::array<size_t, kSeriesKindCount> series{};   // by SeriesKind
  std::array<size_t, kSeriesKindCount> vectors{};  // by SeriesKind
  // Series let go, by SeriesKind; nothing while there is no ownership.
  std::optional<std::array<uint64_t, kSeriesKindCount>> let_go;
  uint64_t displaced = 0;  // SeriesTable::displaced()
  size_t families = 0;
  size_t memo_entries = 0;
  SeriesTable::Memory table_memory{};
  size_t memo_bytes = 0;
};

class Shard {
 public:
  Shard(const ShardOptions& options, uint32_t id, Exchange* exchange, const Clock& clock);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Takes a socket to read from. REQUIRES: not started.
  void Attach(BoundSocket socket);
  // Takes the lines of a queue. REQUIRES: not started.
  void Attach(std::shared_ptr<LineQueue> queue);
  // Names that clients may not use. REQUIRES: not started.
  void Reserve(std::string_view family) { table_.Reserve(family); }

  void Start();
  // Ends the thread, after every task posted so far. Samples still in sockets stay there.
  void Stop();

  void Post(std::function<void()> task) { loop_.Post(std::move(task)); }
  // When the loop last turned, by the clock: at least once a second while it is well.
  int64_t last_turn() const { return loop_.NowNanos(); }
  // On its own thread, or before it is started.
  const std::vector<std::unique_ptr<Listener>>& listeners() const { return listeners_; }
  // False once a listener had to give up. Any thread.
  bool listening() const { return listening_.load(std::memory_order_relaxed); }

  // On the shard's thread.
  void SetMapper(std::shared_ptr<const Mapper> mapper);
  void SetOwnership(std::shared_ptr<const Ownership> ownership);
  // Series that may expire have come by another way than rules.
  void MayExpire();
  ShardReport Report() const;
  SeriesTable& table() { return table_; }
  Ingest& ingest() { return ingest_; }
  int64_t now() const { return loop_.NowNanos(); }
  // Reads what the sockets still hold, and stops reading.
  void DrainSockets();
  // Takes what other shards sent, and sends on; for the end, until no shard has anything.
  void DrainExchange();

 private:
  void OnBell();
  void LookAround();
  void OnSent();
  void FlushExchange();
  void Housekeep();

  const uint32_t id_;
  Exchange* const exchange_;
  EventLoop loop_;
  ReceiveSlots slots_;
  SeriesTable table_;
  Ingest ingest_;
  std::optional<Relay> relay_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::atomic<bool> listening_{true};
  bool owns_some_ = false;  // there is an ownership
  bool weighs_ = false;     // there is a limit on memory
  FdWatcher bell_;
  Timer flush_;
  Timer expire_;
  Timer housekeeping_;
  std::thread thread_;
};

}  // namespace weir
