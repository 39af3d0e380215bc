// QueueListener: the listener whose lines come from a LineQueue, as those of HTTP requests do.
//
// Delivers a piece a turn, as a stream's lines, and looks again by itself for kLookAgain after it
// found something. Never closes; what clients did wrong was answered before the lines got here.
// Thread safety and lifetimes: as common/listener.h; the queue is shared with those who push.
// Tested by tests/unit/common/queue_listener_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/event_loop.h"
#include "common/line_queue.h"
#include "common/listener.h"

namespace weir {

class QueueListener final : public Listener {
 public:
  QueueListener(EventLoop& loop, std::shared_ptr<LineQueue> queue, LineSink& sink);

  void Drain() override;
  // Nobody takes its place: what was answered already is applied here.
  void Pause() override {}
  void Resume() override {}
  bool Share(const TakeoverLink&) const override { return true; }
  void Leave() override {}
  uint64_t KernelDrops() const override { return 0; }
  ListenerReport Report() const override;

 private:
  // What a request waits at most for others to share the wake with.
  static constexpr std::chrono::milliseconds kLookAgain{2};

  void OnBell();
  bool Deliver();

  const std::shared_ptr<LineQueue> queue_;
  LineSink& sink_;
  std::string piece_;
  FdWatcher bell_;
  Timer look_again_;
};

}  // namespace weir
