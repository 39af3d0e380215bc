// Lane: one worker's way to one downstream, from lines to what the transport takes: packer, what is
// held while the downstream is dead, transport.
//
//   Add -> Packer -> alive --------------------------> Downstream
//                 -> dead, or something is held -> Hold --64 packets a ms, once alive--^
//
// What is held goes on as far as the downstream has room, so that both bounds together hold what
// comes until a TCP connection is back.
//
// Full packets are shipped at the end of a batch once there are 16, the others with Flush: few
// system calls under load, and in the quiet a line waits no longer than the worker's timer.
//
// Threads: the worker's. Lifetimes: the loop outlives it.
// Tested by tests/unit/router/lane_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "common/event_loop.h"
#include "common/topology/config_words.h"
#include "router/downstream.h"
#include "router/hold.h"
#include "router/packer.h"

namespace weir {

struct LaneOptions {
  size_t mtu = 1432;  // bytes of payload in a datagram
  OnDown on_down = OnDown::kRehash;
  std::chrono::nanoseconds hold_time = std::chrono::seconds(30);
  uint64_t hold_bytes = uint64_t{16} << 20;

  friend bool operator==(const LaneOptions&, const LaneOptions&) = default;
};

struct LaneReport {
  std::string label;
  std::string address;
  Transport transport;
  bool down;  // and its lines are dropped or held
  DownstreamCounters counters;
  // In the packer, held, and in the TCP queue.
  Amount waiting;
  Amount held;  // of those
};

class Lane {
 public:
  Lane(EventLoop& loop, const LaneOptions& options, const DownstreamSpec& spec,
       std::function<void()> on_refused);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Takes a line without its LF.
  void Add(std::string_view line) {
    ++taken_lines_;
    if (open_ && packer_.Add(line)) [[likely]]
      return;
    AddSlowly(line);
  }

  // The batch is over: ships full packets if there are enough.
  void OnBatchEnd() {
    if (packer_.packets().size() >= kPacketsPerShipment) Ship();
  }
  // Ships all, the packet that is being filled too.
  void Flush();
  bool has_unshipped() const { return packer_.waiting_lines() > 0; }

  // Whether its lines are to be dropped or held now. REQUIRES: on_down is not kRehash, or !down.
  void SetDown(bool down);
  void SetEndpoint(const Endpoint& endpoint);
  // Its label stands for another address from now on, where what waits or is held goes too.
  // REQUIRES: spec.SameRoad(this->spec()).
  void SetSpec(const DownstreamSpec& spec);
  // What was taken so far keeps its form. The lane is not down then; what it holds is sent on,
  // unless SetDown comes before the loop's next turn.
  void SetOptions(const LaneOptions& options);

  // Nothing waits any more.
  bool idle() const;
  // Flushes, and drops what waits after that.
  void GiveUp();

  const DownstreamSpec& spec() const { return spec_; }
  LaneReport Report() const;

 private:
  // So many fill an eighth of a default receive buffer.
  static constexpr size_t kPacketsPerShipment = 16;

  void AddSlowly(std::string_view line);
  void Ship();
  void HoldAll();
  void Expire() { own_.Drop(DropReason::kExpired, hold_.Expire(loop_.NowNanos())); }
  void Release();
  bool holds() const { return (down_ && options_.on_down == OnDown::kHold) || !hold_.empty(); }

  EventLoop& loop_;
  LaneOptions options_;
  DownstreamSpec spec_;
  const size_t longest_line_;
  bool open_ = true;  // lines go to the packer
  bool down_ = false;
  uint64_t taken_lines_ = 0;
  DownstreamCounters own_;  // what never came to the downstream
  Packer packer_;
  Hold hold_;
  Timer expire_;   // while dead
  Timer release_;  // while alive and something is held
  const std::unique_ptr<Downstream> downstream_;
};

}  // namespace weir
