#include "common/line_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "common/check.h"

namespace weir {

LineQueue::LineQueue(std::string address, size_t limit)
    : address_(std::move(address)), limit_(limit), bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  WEIR_CHECK(bell_.valid());
}

bool LineQueue::Push(std::string_view lines) {
  {
    const std::lock_guard lock(mutex_);
    if (lines.size() > limit_ - waiting_) return false;
    waiting_ += lines.size();
    if (pieces_.empty() || pieces_.back().size() >= kPiece) pieces_.emplace_back();
    pieces_.back() += lines;
    if (std::exchange(attended_, true)) return true;
  }
  Ring();
  return true;
}

void LineQueue::Ring() {
  const uint64_t one = 1;
  WEIR_CHECK(write(bell_.get(), &one, sizeof(one)) == sizeof(one));
}

bool LineQueue::Take(std::string* lines) {
  lines->clear();
  const std::lock_guard lock(mutex_);
  if (pieces_.empty()) {
    attended_ = false;
    return false;
  }
  std::swap(*lines, pieces_.front());
  waiting_ -= lines->size();
  pieces_.pop_front();
  if (!pieces_.empty()) Ring();
  return true;
}

void LineQueue::Silence() {
  uint64_t rung = 0;
  // Nothing to read: it did not ring.
  [[maybe_unused]] const ssize_t size = read(bell_.get(), &rung, sizeof(rung));
}

}  // namespace weir
