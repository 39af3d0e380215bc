// Handoff: the way of samples from the shard that received them to the shard that owns their
// series.
//
// A bounded ring of bytes with one writer and one reader. A record carries the whole sample, text
// included (about 100 bytes), so the owner can resolve it as if it had received it itself: there is
// nothing to look up twice, to acknowledge or to invalidate between shards. Records become visible
// together: the writer publishes when 16 KiB wait or 10 ms have passed, never per batch.
// A full ring refuses the newest.
//
// Thread safety: Append, Publish and pending for the writer's thread; Consume for the reader's.
// Memory: the ring's address space is reserved, pages are committed as they are first used. An
// empty ring is written from its start again, so that only a reader that lags makes it take more
// than some 100 KiB. Tested by tests/unit/exporter/handoff_test.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/hash.h"
#include "common/parser.h"
#include "common/socket.h"

namespace weir {

class Handoff {
 public:
  static constexpr size_t kCapacity = size_t{8} << 20;
  static constexpr size_t kPublishAt = size_t{16} << 10;

  Handoff();
  ~Handoff();
  Handoff(const Handoff&) = delete;
  Handoff& operator=(const Handoff&) = delete;

  // False when there is no room: the sample is lost and for the caller to count.
  bool Append(const Sample& sample, const Hash128& hash, Transport source);
  // Bytes the reader can not see yet.
  size_t pending() const { return written_ - published_.load(std::memory_order_relaxed); }
  void Publish() { published_.store(written_, std::memory_order_release); }

  // Calls take(sample, hash, source) for every published record, then release(); the samples' text
  // is valid until release returns.
  template <class Take, class Release>
  void Consume(Take take, Release release) {
    const size_t end = published_.load(std::memory_order_acquire);
    size_t at = consumed_.load(std::memory_order_relaxed);
    if (at == end) return;
    while (at != end) {
      if (at == rewound_from_) {
        at += kCapacity - (at & (kCapacity - 1));
        continue;
      }
      const char* place = ring_ + (at & (kCapacity - 1));
      const size_t to_end = kCapacity - (at & (kCapacity - 1));
      Record record{};
      if (to_end >= sizeof record) std::memcpy(&record, place, sizeof record);
      if (record.size == 0) {  // the rest of the ring was too short
        at += to_end;
        continue;
      }
      take(Unpack(record, place + sizeof record), record.hash,
           static_cast<Transport>(record.source));
      at += record.size;
    }
    release();
    consumed_.store(at, std::memory_order_release);
  }

 private:
  struct Record {
    Hash128 hash;
    double value;
    uint64_t weight;
    uint32_t size;  // of the record with its text, a multiple of 8; 0: go on at the ring's start
    uint32_t name_size;
    uint32_t member_size;
    uint32_t field_sizes[4];
    SampleType type;
    uint8_t relative : 1;
    uint8_t first_of_line : 1;
    uint8_t source : 6;  // the Transport that it came by
    uint8_t field_count;
  };

  static Sample Unpack(const Record& record, const char* text);
  void RewindIfEmpty();

  // Positions grow for ever; their low bits are places in the ring.
  alignas(64) size_t written_ = 0;
  size_t consumed_seen_ = 0;  // the writer's last look at consumed_
  size_t rewound_to_ = 0;     // where the last rewind went on
  // Where it left; the reader jumps from there to the ring's start. Written while the ring is
  // empty, before the next published_, so never while the reader looks.
  size_t rewound_from_ = SIZE_MAX;
  alignas(64) std::atomic<size_t> published_{0};
  alignas(64) std::atomic<size_t> consumed_{0};
  char* const ring_;
};

}  // namespace weir
