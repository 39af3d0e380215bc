// FollowedFiles: watches the files that something is read from, when what is read may name others.
//
// Threads: the loop's. Lifetimes: the loop outlives it, and runs no more when it goes; `on_change`
// must not destroy it. Tested by tests/unit/common/web_gate_test.cc and guard_test.cc.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/event_loop.h"
#include "common/file_watch.h"

namespace weir {

class FollowedFiles {
 public:
  // `what`: how the log calls what is in them.
  FollowedFiles(EventLoop& loop, std::string what, std::function<void()> on_change)
      : loop_(loop), what_(std::move(what)), on_change_(std::move(on_change)) {}

  // Watches these. To be called before they are read, so that every change from then on is told;
  // not by `on_change`.
  void Watch(std::vector<std::string> paths);
  // They were read, and these are those that count now. Others than before are watched from the
  // loop's next turn on, and then `on_change` is called, for they may have changed in between.
  void Follow(std::vector<std::string> paths);

 private:
  EventLoop& loop_;
  const std::string what_;
  const std::function<void()> on_change_;
  std::vector<std::string> paths_;
  std::optional<FileWatch> watch_;
};

}  // namespace weir
