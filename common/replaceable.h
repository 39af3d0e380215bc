// Replaceable<T>: an immutable object that one thread replaces whole while others use it.
//
// A reader costs one load while nothing is replaced; it takes a lock once for each replacement.
// Threads: Replace from any; each Reader belongs to one. Lifetimes: it outlives its readers.
// Tested by tests/unit/common/replaceable_test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace weir {

template <class T>
class Replaceable {
 public:
  explicit Replaceable(std::shared_ptr<const T> first) : value_(std::move(first)) {}
  Replaceable(const Replaceable&) = delete;
  Replaceable& operator=(const Replaceable&) = delete;

  void Replace(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }

  class Reader {
   public:
    explicit Reader(const Replaceable& from) : from_(from) { Refresh(); }

    // What is in force; valid until the next call.
    const T& Get() {
      if (from_.version_.load(std::memory_order_acquire) != version_) [[unlikely]]
        Refresh();
      return *value_;
    }

   private:
    void Refresh() {
      const std::lock_guard lock(from_.mutex_);
      value_ = from_.value_;
      version_ = from_.version_.load(std::memory_order_relaxed);
    }

    const Replaceable& from_;
    std::shared_ptr<const T> value_;
    uint64_t version_ = 0;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
  std::atomic<uint64_t> version_{0};
};

}  // namespace weir
