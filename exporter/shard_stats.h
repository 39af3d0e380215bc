// ShardStats: what one shard counted. Plain integers that only the shard's thread touches; a scrape
// gets a copy taken on that thread (Shard::Report) and adds the copies up.
//
// The law of conservation holds between them:
//   lines = empty + malformed + events + checks + sampled
//   samples = applied + dropped, where dropped is the sum over every reason there is
// summed over all shards: a sample may be counted by one shard and applied by another.
#pragma once

#include <array>
#include <cstdint>

#include "common/parser.h"
#include "exporter/refusal.h"

namespace weir {

struct ShardStats {
  uint64_t lines = 0;
  ParseCounters parse;

  // Samples, each counted once where it ended.
  uint64_t applied = 0;
  uint64_t dropped_by_rule = 0;
  std::array<uint64_t, kRefusalCount> refused{};
  // Of those applied: to the series that stands for what this limit has refused.
  std::array<uint64_t, kRefusalCount> overflowed{};

  // The peer's counters count events: a sample of weight N is N events.
  std::array<uint64_t, 3> events_applied{};  // by EventKind
  uint64_t events_unmapped = 0;
  uint64_t events_mapped = 0;
  uint64_t events_dropped = 0;
  std::array<uint64_t, kRefusalCount> events_refused{};

  uint64_t tags = 0;  // samples with labels
  uint64_t tag_errors = 0;
  uint64_t batches = 0;  // staged samples applied together
  uint64_t memo_gets = 0;
  uint64_t memo_misses = 0;
};

}  // namespace weir
