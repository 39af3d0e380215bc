// Snapshot: the state of running shards as one stream of bytes, which StoredState reads: a snapshot
// file, or what one process hands to the next.
//
// Gathered in slices between the shards' batches, each at most half a millisecond; samples go on
// being applied meanwhile, so each series is as of its own slice. To be exact, let nothing arrive.
//
// From one process to another: write it to a memfd with any run and number, lseek to 0,
// StoredState::Read(fd, FileKind::kSnapshot) there, then MergeIntoRunning (merge.h).
//
// Tested by tests/unit/exporter/storage/storage_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "exporter/shard.h"

namespace weir {

enum class SnapshotEnd : uint8_t {
  kWhole,
  kRefused,     // write said no
  kShardStuck,  // a shard did not answer in time
};

struct SnapshotLimits {
  size_t slice_bytes = size_t{256} << 10;
  std::chrono::nanoseconds slice_time = std::chrono::microseconds(500);
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
};

// Writes the state of all shards; `run` and `number` stand in its first frame (state_frame.h).
// write(bytes) returns false to stop. On a thread that is no shard's.
SnapshotEnd WriteSnapshot(const std::vector<Shard*>& shards, uint64_t run, uint64_t number,
                          const SnapshotLimits& limits,
                          const std::function<bool(std::string_view)>& write);

}  // namespace weir
