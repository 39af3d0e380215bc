// Merge: puts a StoredState into the tables of shards.
//
// A series goes to the shard that owns its family in this process, under its name and labels as
// they were. What the mapping files say now holds: the TTL of its rule, its help text, the
// quantiles and buckets of its family; where the rule is no more, what was stored. It is aged by
// the wall clock: one whose TTL has passed meanwhile stays away.
//
// MergeState is for what storage has, MergeIntoRunning for what a predecessor hands over:
// MergedFrom (series_view.h) says what that means for limits and for families that cannot be beside
// each other.
//
// Into a table that has the series already, counts and sums are added and the later gauge stays
// (SeriesTable::Merge). So never merge the same state twice.
//
// Tested by tests/unit/exporter/storage/storage_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "exporter/shard.h"
#include "exporter/storage/storage_report.h"
#include "exporter/storage/stored_state.h"
#include "mapping/mapper.h"

namespace weir {

// Merges all of it at once. REQUIRES: the shards do not run.
MergeCounts MergeState(const StoredState& state, const Mapper& mapper,
                       const std::vector<Shard*>& shards);

// As above, in slices on the threads of running shards, which are kept from their sockets half a
// millisecond at a time. What a shard that does not answer in time was to get is left out as
// "shard_stuck".
MergeCounts MergeIntoRunning(std::shared_ptr<const StoredState> state,
                             std::shared_ptr<const Mapper> mapper,
                             const std::vector<Shard*>& shards, std::chrono::nanoseconds patience);

}  // namespace weir
