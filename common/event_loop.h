// EventLoop: one thread's loop over sockets, timers, signals and tasks from other threads.
//
// A thin, owning face of libev (epoll); no other file includes ev.h. A loop is bound to no thread
// by itself: the thread that calls Run() is the loop's thread. Watchers stand between a loop and a
// callback: they watch from construction on and stop when destroyed.
//
// Thread safety: Post(), Stop() and NowNanos() may be called from any thread. All else, the
// watchers included, belongs to the loop's thread, or to any one thread while the loop does not
// run.
//
// Lifetimes: the clock outlives the loop, the loop outlives its watchers (checked), a file
// descriptor outlives its FdWatcher. A callback may destroy its own watcher if it touches nothing
// of its captures afterwards. Callbacks and tasks must not throw.
//
// Tested by tests/unit/common/event_loop_test.cc.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/clock.h"

namespace weir {

// As a Clock it stands still within a turn.
class EventLoop final : public Clock {
 public:
  explicit EventLoop(const Clock& clock);
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Turns until Stop(). Every task posted before that Stop() has run when Run() returns.
  void Run();

  // One turn: waits for something to do, at most a second, and does it.
  void Turn();

  // Ends the running Run(), or the next one if none runs.
  void Stop();

  // Runs `task` on the loop's thread; tasks run in the order they were posted. A task posted by a
  // task runs in a later turn. Tasks that are still waiting when the loop is destroyed never run.
  void Post(std::function<void()> task);

  // Does nothing for `most`, or until a task waits to be run. On the loop's thread.
  void AwaitTask(std::chrono::nanoseconds most);

  // When the present turn began, by the clock given at construction; one reading serves the whole
  // turn. For other threads it is the heartbeat: a loop that is alive turns at least once a second.
  int64_t NowNanos() const override { return turn_nanos_.load(std::memory_order_relaxed); }

 private:
  friend class FdWatcher;
  friend class SignalWatcher;
  friend class Timer;
  struct Impl;

  std::atomic<int64_t> turn_nanos_;
  std::unique_ptr<Impl> impl_;
};

// Calls back in every turn in which the descriptor can be read or written without waiting (level
// triggered), or has an error pending.
class FdWatcher {
 public:
  FdWatcher(EventLoop& loop, int fd, bool read, bool write, std::function<void()> callback);
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  void Start();
  void Stop();
  void Modify(bool read, bool write);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls back `after` from now and then every `repeat`; a repeat of zero means once. Runs on the
// kernel's monotonic clock with about a millisecond's grain, whatever Clock the loop was given.
class Timer {
 public:
  Timer(EventLoop& loop, std::chrono::nanoseconds after, std::chrono::nanoseconds repeat,
        std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Begins anew: the next call is `after` from now.
  void Start();
  void Stop();
  bool active() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls back on the loop's thread after the process received the signal. A signal can be watched by
// one loop only.
class SignalWatcher {
 public:
  SignalWatcher(EventLoop& loop, int signal, std::function<void()> callback);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
