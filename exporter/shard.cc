// A shard's day:
//
//        clients                       other shards                    scrape, reload, stop
//           |                               |                                  |
//     UDP, TCP, unix sockets          Exchange bell                       Post(task)
//           |                               |                                  |
//           v                               v                                  v
//   +---------------------------- one loop, one thread ----------------------------------+
//   | Listener -> Ingest: line -> sample -> Memo --known, ours--> Cell (SeriesTable)     |
//   |                                        |---known, theirs--> Exchange --10 ms-->    |
//   |                                        `---first sight----> Mapper, Admit          |
//   | every 1/16 s: Expire a sixteenth of the series, if anything ever expires or goes,  |
//   |     and weigh some for --limit.memory                                              |
//   | every 1 s: look after the listeners, tell what the debug log held back, ask again  |
//   |     where limits were in the way                                                   |
//   +------------------------------------------------------------------------------------+
//
// Nothing here waits: a turn takes a bounded number of datagrams, a slice of a page at most half a
// millisecond, and whoever is slow loses by a counted drop.
#include "exporter/shard.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/queue_listener.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What waits for another shard waits at most so long.
constexpr milliseconds kFlushAfter(10);
// A series must go within a second of its TTL.
constexpr uint32_t kExpireParts = 16;
// What values take is known again within four seconds.
constexpr uint32_t kWeighParts = 64;

}  // namespace

Shard::Shard(const ShardOptions& options, uint32_t id, Exchange* exchange, const Clock& clock)
    : id_(id),
      exchange_(exchange),
      loop_(clock),
      slots_(loop_),
      table_(options.table),
      ingest_(options.ingest, id, &table_, exchange, loop_, [this] { OnSent(); }),
      bell_(loop_, exchange->bell(id), true, false, [this] { OnBell(); }),
      flush_(loop_, kFlushAfter, seconds(0), [this] { FlushExchange(); }),
      expire_(loop_, milliseconds(1000 / kExpireParts), milliseconds(1000 / kExpireParts),
              [this] { LookAround(); }),
      housekeeping_(loop_, seconds(1), seconds(1), [this] { Housekeep(); }) {
  flush_.Stop();
  weighs_ = options.table.budget != nullptr && options.table.budget->limits().memory > 0;
  if (!weighs_) expire_.Stop();
  if (options.relay) {
    relay_.emplace(loop_, options.relay->address, options.relay->name,
                   options.relay->packet_length);
    ingest_.SetRelay(&*relay_);
  }
}

Shard::~Shard() { Stop(); }

void Shard::Attach(BoundSocket socket) {
  listeners_.push_back(weir::Attach(loop_, slots_, std::move(socket), ingest_));
}

void Shard::Attach(std::shared_ptr<LineQueue> queue) {
  listeners_.push_back(std::make_unique<QueueListener>(loop_, std::move(queue), ingest_));
}

void Shard::Start() {
  thread_ = std::thread([this] { loop_.Run(); });
  pthread_setname_np(thread_.native_handle(), ("shard-" + std::to_string(id_)).c_str());
}

void Shard::Stop() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

void Shard::SetMapper(std::shared_ptr<const Mapper> mapper) {
  // Once something may expire, something may for ever: plans outlive the rules they come from.
  if (mapper->MayExpire()) MayExpire();
  ingest_.SetMapper(std::move(mapper));
}

void Shard::SetOwnership(std::shared_ptr<const Ownership> ownership) {
  owns_some_ = true;
  MayExpire();
  ingest_.SetOwnership(std::move(ownership));
}

void Shard::MayExpire() {
  if (!expire_.active()) expire_.Start();
}

void Shard::LookAround() {
  table_.Expire(loop_.NowNanos(), kExpireParts);
  if (weighs_) table_.Weigh(kWeighParts);
}

void Shard::OnBell() {
  exchange_->Silence(id_);
  ingest_.Receive();
}

void Shard::OnSent() {
  if (!flush_.active()) flush_.Start();
}

void Shard::FlushExchange() { exchange_->Flush(id_); }

void Shard::Housekeep() {
  ingest_.Tick();
  const bool all_open = std::all_of(listeners_.begin(), listeners_.end(),
                                    [](const auto& listener) { return listener->open(); });
  listening_.store(all_open, std::memory_order_relaxed);
}

void Shard::DrainSockets() {
  for (const auto& listener : listeners_) listener->Drain();
  if (relay_) relay_->Flush();
  exchange_->Flush(id_);
}

void Shard::DrainExchange() {
  ingest_.Receive();
  exchange_->Flush(id_);
}

ShardReport Shard::Report() const {
  ShardReport report;
  report.stats = ingest_.stats();
  report.conflicts = ingest_.conflicts().counts();
  for (const auto& listener : listeners_) report.listeners.push_back(listener->Report());
  if (relay_) report.relay = relay_->counters();
  for (int kind = 0; kind < kSeriesKindCount; ++kind) {
    report.series[kind] = table_.series_of_kind(static_cast<SeriesKind>(kind));
    report.vectors[kind] = table_.vectors_of_kind(static_cast<SeriesKind>(kind));
  }
  if (owns_some_) report.let_go = table_.let_go();
  report.displaced = table_.displaced();
  report.families = table_.family_count();
  report.memo_entries = ingest_.memo().size();
  report.memo_bytes = ingest_.memo().MemoryBytes();
  report.table_memory = table_.MemoryBytes();
  return report;
}

}  // namespace weir
