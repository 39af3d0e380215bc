// LineQueue: lines on their way from many threads (those of an HTTP server) to one loop.
//
// A request's lines are pushed as one piece and stay together and in order. The reader is woken by
// a bell (an eventfd) when the first lines come, and not again while it says that it looks by
// itself: under load that is one wake in kLookAgain instead of one a request.
//
// Bounded: beyond `limit` bytes a push is refused whole, and the caller tells its client.
// Thread safety: Push from any thread; Take and Silence from the reader's.
// Tested by tests/unit/common/queue_listener_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "common/scoped_fd.h"

namespace weir {

class LineQueue {
 public:
  // What may wait: half a second's worth of the fastest batches.
  static constexpr size_t kLimit = size_t{32} << 20;

  // `address`: where the lines come from, for reports.
  explicit LineQueue(std::string address, size_t limit = kLimit);

  // `lines`: whole ones, each ending in LF. False: no room, nothing was taken.
  [[nodiscard]] bool Push(std::string_view lines);

  // Replaces *lines by the next piece, at most kPiece and one push, and rings when there are more.
  // False when nothing waits: then the next push rings.
  bool Take(std::string* lines);
  // Readable while the bell rings.
  int bell() const { return bell_.get(); }
  void Silence();

  const std::string& address() const { return address_; }

  // Of those who push, for reports.
  struct Connections {
    uint64_t accepted = 0;
    uint64_t open = 0;
  };
  // `count` may be called on any thread. To be set before the queue has a reader.
  void CountConnectionsBy(std::function<Connections()> count) { count_ = std::move(count); }
  Connections connections() const { return count_ ? count_() : Connections(); }

 private:
  void Ring();

  // A turn of the reader's loop takes one piece: a quarter megabyte is 2 ms of a shard.
  static constexpr size_t kPiece = size_t{256} << 10;

  const std::string address_;
  const size_t limit_;
  std::function<Connections()> count_;
  const ScopedFd bell_;
  std::mutex mutex_;
  std::deque<std::string> pieces_;  // guarded by mutex_, as all below
  size_t waiting_ = 0;              // bytes in pieces_
  bool attended_ = false;           // the reader will look without a bell
};

}  // namespace weir
