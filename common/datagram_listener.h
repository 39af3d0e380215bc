// DatagramListener: a UDP or unixgram socket, read by batches of datagrams.
//
// Each turn of the loop takes at most eight batches of 64, so that timers, tasks and other sockets
// have their turn under any load. UDP datagrams that come one by one wait up to a millisecond
// to be taken together (ReceiveSlots::LetFill). A datagram that was cut because it is longer than a
// slot is delivered up to its last LF.
//
// Thread safety and lifetimes: see common/listener.h.
// Tested by tests/unit/common/datagram_listener_test.cc.
#pragma once

#include <chrono>

#include "common/listener.h"

namespace weir {

class DatagramListener final : public Listener {
 public:
  DatagramListener(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket, LineSink& sink);

  void Drain() override;
  void Pause() override;
  void Resume() override { readable_.Start(); }
  void Leave() override;
  uint64_t KernelDrops() const override;

 private:
  void OnReadable();
  void Receive(int max_batches);
  void Deliver(int count);
  void DeliverAllowed(int count);
  inline void DeliverOne(int i);
  void OnError(int error);

  ReceiveSlots& slots_;
  LineSink& sink_;
  const std::chrono::nanoseconds longest_fill_;
  FdWatcher readable_;
  Timer pause_;
  // The kernel's count has 32 bits and wraps.
  mutable uint32_t last_drops_ = 0;
  mutable uint64_t drops_ = 0;
};

}  // namespace weir
