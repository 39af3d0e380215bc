#include "router/lane.h"

#include <array>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

// 64 packets each time: 90 MB a second, which a living receiver reads.
constexpr milliseconds kReleaseEvery(1);
constexpr milliseconds kExpireEvery(100);

}  // namespace

Lane::Lane(EventLoop& loop, const LaneOptions& options, const DownstreamSpec& spec,
           std::function<void()> on_refused)
    : loop_(loop),
      options_(options),
      spec_(spec),
      longest_line_(spec.transport == Transport::kTcp ? Packer::kMaxLine : kMaxDatagramBytes),
      packer_(options.mtu),
      hold_(options.hold_time, options.hold_bytes),
      expire_(loop, kExpireEvery, kExpireEvery, [this] { Expire(); }),
      release_(loop, kReleaseEvery, kReleaseEvery, [this] { Release(); }),
      downstream_(MakeDownstream(loop, spec, options.mtu,
                                 {[this] {
                                    if (!holds()) Ship();
                                  },
                                  std::move(on_refused)})) {
  expire_.Stop();
  release_.Stop();
}

Lane::~Lane() = default;

void Lane::AddSlowly(std::string_view line) {
  const Amount amount{1, line.size() + 1, 0};
  if (!open_) {
    own_.Drop(DropReason::kDown, amount);
    return;
  }
  if (line.size() >= longest_line_) {
    own_.Drop(DropReason::kTooLong, amount);
    return;
  }
  Ship();
  if (!packer_.Add(line)) own_.Drop(DropReason::kWouldBlock, amount);
}

void Lane::Flush() {
  packer_.Close();
  Ship();
}

void Lane::Ship() {
  if (holds()) {
    HoldAll();
  } else if (!packer_.packets().empty()) {
    packer_.Pop(downstream_->Send(packer_.packets()));
  }
}

void Lane::HoldAll() {
  Expire();
  const int64_t now = loop_.NowNanos();
  for (const Packet& packet : packer_.packets()) {
    if (!hold_.Add(packet, now)) own_.Drop(DropReason::kQueueFull, AmountOf(packet));
  }
  packer_.Pop(packer_.packets().size());
}

void Lane::Release() {
  Expire();
  std::array<Packet, Packer::kMaxPackets> packets;
  const size_t shown = hold_.Oldest(packets);
  size_t count = 0;
  for (uint64_t room = downstream_->room(); count < shown && packets[count].size <= room; ++count) {
    room -= packets[count].size;
  }
  // What an empty queue has no room for is dropped by it, and stands in nobody's way.
  if (count == 0 && shown > 0 && downstream_->waiting().packets == 0) count = 1;
  hold_.Pop(downstream_->Send({packets.data(), count}));
  if (!hold_.empty()) return;
  release_.Stop();
  Ship();
}

void Lane::SetDown(bool down) {
  WEIR_CHECK(!down || options_.on_down != OnDown::kRehash);
  if (down == down_) return;
  // What came before goes the way it would have gone.
  Flush();
  down_ = down;
  if (!down) downstream_->TryNow();
  if (options_.on_down == OnDown::kDrop) {
    open_ = !down;
    return;
  }
  (down ? expire_ : release_).Start();
  (down ? release_ : expire_).Stop();
}

void Lane::SetOptions(const LaneOptions& options) {
  if (options == options_) return;
  Flush();
  SetDown(false);
  options_ = options;
  packer_.SetMtu(options.mtu);
  hold_.SetBounds(options.hold_time, options.hold_bytes);
  downstream_->SetMtu(options.mtu);
}

void Lane::SetEndpoint(const Endpoint& endpoint) {
  spec_.endpoint = endpoint;
  downstream_->SetEndpoint(endpoint);
}

void Lane::SetSpec(const DownstreamSpec& spec) {
  WEIR_CHECK(spec.SameRoad(spec_));
  spec_ = spec;
  downstream_->SetEndpoint(spec.endpoint);
}

bool Lane::idle() const {
  return !has_unshipped() && hold_.empty() && downstream_->waiting().lines == 0;
}

void Lane::GiveUp() {
  Flush();
  // Packets that a full socket left behind.
  for (const Packet& packet : packer_.packets()) own_.Drop(DropReason::kDown, AmountOf(packet));
  packer_.Pop(packer_.packets().size());
  own_.Drop(DropReason::kDown, hold_.Pop(hold_.waiting().packets));
  downstream_->GiveUp();
}

LaneReport Lane::Report() const {
  LaneReport report{spec_.label, spec_.address, spec_.transport, down_, own_, {}, hold_.waiting()};
  report.counters += downstream_->counters();
  report.counters.taken_lines = taken_lines_;
  report.waiting = downstream_->waiting();
  report.waiting += hold_.waiting();
  report.waiting += {packer_.waiting_lines(), packer_.waiting_bytes(), packer_.packets().size()};
  return report;
}

}  // namespace weir
