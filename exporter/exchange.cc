#include "exporter/exchange.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "common/check.h"

namespace weir {

Exchange::Exchange(uint32_t shard_count)
    : shard_count_(shard_count),
      handoffs_(new std::atomic<Handoff*>[size_t{shard_count} * shard_count]()) {
  for (uint32_t i = 0; i < shard_count; ++i) {
    bells_.emplace_back(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    WEIR_CHECK(bells_.back().get() >= 0);
  }
}

Exchange::~Exchange() {
  for (size_t i = 0; i < size_t{shard_count_} * shard_count_; ++i) delete handoffs_[i].load();
}

bool Exchange::Send(uint32_t from, uint32_t to, const Sample& sample, const Hash128& hash,
                    Transport source) {
  std::atomic<Handoff*>& place = Between(from, to);
  Handoff* handoff = place.load(std::memory_order_relaxed);
  if (handoff == nullptr) {
    handoff = new Handoff;
    place.store(handoff, std::memory_order_release);
  }
  if (!handoff->Append(sample, hash, source)) return false;
  if (handoff->pending() >= Handoff::kPublishAt) {
    handoff->Publish();
    Ring(to);
  }
  return true;
}

bool Exchange::Flush(uint32_t from) {
  bool any = false;
  for (uint32_t to = 0; to < shard_count_; ++to) {
    Handoff* handoff = Between(from, to).load(std::memory_order_relaxed);
    if (handoff == nullptr || handoff->pending() == 0) continue;
    handoff->Publish();
    Ring(to);
    any = true;
  }
  return any;
}

void Exchange::Ring(uint32_t to) {
  const uint64_t one = 1;
  // It fails only when the counter is full: then the bell rings anyway.
  [[maybe_unused]] const ssize_t written = write(bells_[to].get(), &one, sizeof one);
}

void Exchange::Silence(uint32_t shard) {
  uint64_t rings;
  [[maybe_unused]] const ssize_t got = read(bells_[shard].get(), &rings, sizeof rings);
}

}  // namespace weir
