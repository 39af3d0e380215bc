// Errands: runs what may block (the name service, a file) beside a loop, and brings back what came
// of it. Each errand has a thread of its own, four at a time at most: one that hangs keeps neither
// the loop waiting nor the other three.
//
// Threads: constructed, used and destroyed on the loop's thread, where what errands return is run
// too; it must not destroy this. Lifetimes: the loop outlives it. Destroying it waits for nobody: a
// thread that is still out is left to itself, touches nothing but what its errand owns, and ends
// with its errand or with the process.
// Tested by tests/unit/common/topology/resolver_test.cc and discovery_test.cc.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "common/event_loop.h"

namespace weir {

class Errands {
 public:
  // What is to be done about it, on the loop's thread.
  using Return = std::function<void()>;
  // Called on a thread of its own: it must own all that it touches.
  using Errand = std::function<Return()>;

  // `name` is what the threads are called, 15 characters at most.
  Errands(EventLoop& loop, const char* name);
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  // Once `client` is gone nobody wants the errand any more: it is not begun, or its return not run.
  void Send(std::weak_ptr<const void> client, Errand errand);

  // Runs returns as they come until `done` says true, `patience` at most. The loop stands still.
  void Await(const std::function<bool()>& done, std::chrono::nanoseconds patience);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
