// A worker's day:
//
//        clients                                        health, reload, scrape, stop
//           |                                                        |
//     UDP, TCP, unix sockets                                     Post(task)
//           |                                                        |
//           v                                                        v
//   +----------------------------- one loop, one thread -----------------------------------+
//   | Listener -> line -> Validator -> KeyReader -> Ring --node--> Lane: Packer            |
//   |                 `---- refused: counted by reason                    |                |
//   | end of a batch: lanes with 16 full packets ship them                v                |
//   | flush_interval after the first line that waits: all lanes ship  Downstream -> wire   |
//   | every 1 s: look after the listeners and the lanes that a reload retired              |
//   +--------------------------------------------------------------------------------------+
//
// Nothing here waits for a downstream: what a full socket leaves behind stays in its packer, and
// what has no room there is dropped and counted.
#include "router/worker.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/queue_listener.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t kRetiredNanos = 5 * kNanosPerSecond;
constexpr int64_t kRefusedToldEvery = kNanosPerSecond / 10;
constexpr milliseconds kLookIfDrainedEvery(5);

}  // namespace

// A lane and what the worker knows about it.
struct Worker::Way {
  Way(Worker& worker, const LaneOptions& options, const DownstreamSpec& spec)
      : lane(worker.loop_, options, spec, [this, &worker] {
          const int64_t now = worker.loop_.NowNanos();
          if (now - refused_told < kRefusedToldEvery) return;
          refused_told = now;
          worker.on_refused_(lane.spec().label);
        }) {}

  // What was sent since the last ping.
  Amount untold() const {
    Amount amount = lane.Report().counters.sent;
    amount += inherited;
    amount -= told;
    return amount;
  }

  int64_t refused_told = -kNanosPerSecond;
  int64_t retired_since = 0;
  Amount told;       // by pings, of what was sent and inherited
  Amount inherited;  // what the way that had the label before left untold
  Lane lane;
};

Worker::Worker(uint32_t id, const Clock& clock, OnRefused on_refused)
    : id_(id),
      on_refused_(std::move(on_refused)),
      loop_(clock),
      slots_(loop_),
      housekeeping_(loop_, seconds(1), seconds(1), [this] { Housekeep(); }) {}

Worker::~Worker() { Stop(); }

void Worker::Attach(BoundSocket socket) {
  listeners_.push_back(weir::Attach(loop_, slots_, std::move(socket), *this));
}

void Worker::Attach(std::shared_ptr<LineQueue> queue) {
  LineSink& sink = *this;
  listeners_.push_back(std::make_unique<QueueListener>(loop_, std::move(queue), sink));
}

void Worker::Start() {
  WEIR_CHECK(ring_ != nullptr);
  thread_ = std::thread([this] { loop_.Run(); });
  pthread_setname_np(thread_.native_handle(), ("worker-" + std::to_string(id_)).c_str());
}

void Worker::Stop() {
  if (!thread_.joinable()) return;
  loop_.Stop();
  thread_.join();
}

std::unique_ptr<Worker::Way> Worker::MakeWay(const LaneOptions& options,
                                             const DownstreamSpec& spec) {
  return std::make_unique<Way>(*this, options, spec);
}

void Worker::SetRouting(const Routing& routing) {
  WEIR_CHECK(routing.ring->config().nodes.size() == routing.downstreams.size());
  std::vector<std::unique_ptr<Way>> ways;
  for (const DownstreamSpec& spec : routing.downstreams) {
    const auto same = std::find_if(ways_.begin(), ways_.end(), [&](const auto& way) {
      return way != nullptr && way->lane.spec().SameRoad(spec);
    });
    if (same == ways_.end()) {
      ways.push_back(MakeWay(routing.lane, spec));
    } else {
      ways.push_back(std::move(*same));
      ways.back()->lane.SetOptions(routing.lane);
      ways.back()->lane.SetSpec(spec);
    }
  }
  for (std::unique_ptr<Way>& way : ways_) {
    if (way == nullptr) continue;
    way->lane.Flush();
    for (const auto& heir : ways) {
      if (heir->lane.spec().label == way->lane.spec().label) heir->inherited += way->untold();
    }
    way->retired_since = loop_.NowNanos();
    retired_ways_.push_back(std::move(way));
  }
  ways_ = std::move(ways);
  lanes_.clear();
  for (const auto& way : ways_) lanes_.push_back(&way->lane);
  EndRetired(false);

  const RingConfig& placement = routing.ring->config();
  key_reader_.emplace(placement.placement, placement.name_end, routing.key);
  line_key_ = routing.make_line_key ? routing.make_line_key() : nullptr;
  validator_.emplace(routing.validation);
  flush_.emplace(loop_, routing.flush_interval, seconds(0), [this] { FlushAll(); });
  SetRing(routing.ring, routing.down);
}

void Worker::SetRing(std::shared_ptr<const Ring> ring, const LiveSet& down) {
  WEIR_CHECK(ring->config().nodes.size() == lanes_.size());
  ring_ = std::move(ring);
  for (size_t i = 0; i < lanes_.size(); ++i) lanes_[i]->SetDown(i < down.size() && down[i]);
}

void Worker::SetEndpoint(std::string_view label, const Endpoint& endpoint) {
  for (Lane* lane : lanes_) {
    if (lane->spec().label == label) lane->SetEndpoint(endpoint);
  }
}

void Worker::OnDatagram(std::string_view datagram, Transport transport) {
  TakeLines(datagram, Framing::kDatagram);
  // A frame of a stream is gone after this call; a datagram stays until OnBatchEnd.
  if (transport == Transport::kUnixStream) AddStaged();
}

void Worker::OnStream(std::string_view lines, Transport) {
  TakeLines(lines, Framing::kStream);
  AddStaged();
}

void Worker::TakeLines(std::string_view block, Framing framing) {
  LineCutter cutter(block, framing);
  std::string_view line;
  while (cutter.Next(&line)) {
    ++stats_.lines;
    if (line.empty()) {
      ++stats_.empty;
    } else if (const auto error = validator_->Check(line)) {
      ++stats_.malformed[static_cast<size_t>(*error)];
    } else {
      staged_[staged_count_] = {line, Find(line)};
      if (++staged_count_ == staged_.size()) AddStaged();
    }
  }
}

Ring::Found Worker::Find(std::string_view line) {
  return ring_->Find(line_key_ == nullptr ? key_reader_->KeyOf(line) : line_key_->KeyOf(line));
}

void Worker::AddStaged() {
  for (size_t i = 0; i < staged_count_; ++i) {
    lanes_[ring_->OwnerAt(staged_[i].found)]->Add(staged_[i].line);
  }
  staged_count_ = 0;
}

void Worker::OnBatchEnd() {
  AddStaged();
  bool waits = false;
  for (Lane* lane : lanes_) {
    lane->OnBatchEnd();
    waits |= lane->has_unshipped();
  }
  if (waits && !flush_->active()) flush_->Start();
}

void Worker::FlushAll() {
  for (Lane* lane : lanes_) lane->Flush();
}

void Worker::SendOwn(std::string_view line) { SendOwnTo(ring_->OwnerAt(Find(line)), line); }

void Worker::SendOwnTo(size_t downstream, std::string_view line) {
  ++stats_.own_lines;
  lanes_[downstream]->Add(line);
  OnBatchEnd();
}

void Worker::SendPing(const Ping& ping) {
  std::vector<PingNode> nodes;
  for (size_t i = 0; i < ways_.size(); ++i) {
    const LaneReport lane = ways_[i]->lane.Report();
    const Amount sent = ways_[i]->untold();
    ways_[i]->told += sent;
    nodes.push_back({lane.address, ring_->live()[i] && !lane.down, sent});
  }
  for (const PingLines& part : ping.Lines(nodes)) {
    const size_t node = part.node ? *part.node : ring_->OwnerAt(Find(part.lines.front()));
    for (const std::string& line : part.lines) lanes_[node]->Add(line);
    stats_.own_lines += part.lines.size();
  }
  OnBatchEnd();
}

void Worker::Housekeep() {
  const bool all_open = std::all_of(listeners_.begin(), listeners_.end(),
                                    [](const auto& listener) { return listener->open(); });
  listening_.store(all_open, std::memory_order_relaxed);
  EndRetired(false);
}

void Worker::EndRetired(bool at_once) {
  std::erase_if(retired_ways_, [&](const std::unique_ptr<Way>& way) {
    Lane& lane = way->lane;
    const bool late = at_once || loop_.NowNanos() - way->retired_since >= kRetiredNanos;
    if (!lane.idle() && !late) return false;
    lane.GiveUp();
    ended_[lane.spec().label] += lane.Report().counters;
    return true;
  });
  std::erase_if(ended_, [&](const auto& ended) {
    if (HasLane(ended.first)) return false;
    retired_ += ended.second;
    return true;
  });
}

bool Worker::HasLane(std::string_view label) const {
  return std::ranges::any_of(lanes_, [&](const Lane* lane) { return lane->spec().label == label; });
}

WorkerReport Worker::Report() const {
  WorkerReport report;
  report.stats = stats_;
  for (const Lane* lane : lanes_) report.lanes.push_back(lane->Report());
  report.retired = retired_;
  const auto add = [&](std::string_view label, const DownstreamCounters& counters,
                       const Amount& waiting) {
    const auto heir = std::ranges::find(report.lanes, label, &LaneReport::label);
    const bool inherits = heir != report.lanes.end();
    (inherits ? heir->counters : report.retired) += counters;
    (inherits ? heir->waiting : report.retired_waiting) += waiting;
  };
  for (const auto& [label, counters] : ended_) add(label, counters, {});
  for (const auto& way : retired_ways_) {
    const LaneReport lane = way->lane.Report();
    add(lane.label, lane.counters, lane.waiting);
  }
  for (const auto& listener : listeners_) report.listeners.push_back(listener->Report());
  return report;
}

void Worker::Drain(std::chrono::nanoseconds limit, std::function<void()> done) {
  for (const auto& listener : listeners_) listener->Drain();
  FlushAll();
  on_drained_ = std::move(done);
  drain_until_ = loop_.NowNanos() + limit.count();
  drained_.emplace(loop_, milliseconds(0), kLookIfDrainedEvery, [this] { LookIfDrained(); });
}

bool Worker::idle() const {
  return retired_ways_.empty() &&
         std::all_of(lanes_.begin(), lanes_.end(), [](const Lane* lane) { return lane->idle(); });
}

void Worker::LookIfDrained() {
  FlushAll();
  const bool late = loop_.NowNanos() >= drain_until_;
  EndRetired(late);
  if (!idle() && !late) return;
  drained_->Stop();
  for (Lane* lane : lanes_) lane->GiveUp();
  on_drained_();
}

}  // namespace weir
