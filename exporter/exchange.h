// Exchange: every handoff between the shards, and the bells that wake their readers.
//
// A ring is made when its first sample is sent, so an exchange between 64 idle shards costs 32 KiB.
// Thread safety: Send and Flush on the sender's thread, Receive and bell on the receiver's.
// Tested by tests/unit/exporter/exchange_test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/socket.h"
#include "exporter/handoff.h"

namespace weir {

class Exchange {
 public:
  explicit Exchange(uint32_t shard_count);
  ~Exchange();

  uint32_t shard_count() const { return shard_count_; }

  // False when the way to `to` is full: the sample is lost and for the caller to count.
  bool Send(uint32_t from, uint32_t to, const Sample& sample, const Hash128& hash,
            Transport source);

  // Shows the receivers what `from` has sent, and wakes them. Returns false when nothing waited.
  bool Flush(uint32_t from);

  // Readable when there is something to receive.
  int bell(uint32_t shard) const { return bells_[shard].get(); }

  // Stops the bell of `shard`; what is published after that rings it again.
  void Silence(uint32_t shard);

  // As Handoff::Consume, from every other shard.
  template <class Take, class Release>
  void Receive(uint32_t to, Take take, Release release) {
    for (uint32_t from = 0; from < shard_count_; ++from) {
      Handoff* handoff = Between(from, to).load(std::memory_order_acquire);
      if (handoff != nullptr) handoff->Consume(take, release);
    }
  }

 private:
  std::atomic<Handoff*>& Between(uint32_t from, uint32_t to) {
    return handoffs_[size_t{from} * shard_count_ + to];
  }
  void Ring(uint32_t to);

  const uint32_t shard_count_;
  std::unique_ptr<std::atomic<Handoff*>[]> handoffs_;  // owned; [from * shard_count + to]
  std::vector<ScopedFd> bells_;
};

}  // namespace weir
