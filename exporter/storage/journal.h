// Journal: what of one shard's series has to be logged: those whose value a page shows and that
// changed since they were logged last, and those that were forgotten.
//
// Whether a series changed is seen by the time of its last sample, so applying samples costs
// nothing. The time of a turn of the loop is one: a series that got a sample in the turn in which
// it was logged is logged once more.
//
// Thread safety: owned by one shard. Memory: 16 bytes a series.
// Tested by tests/unit/exporter/storage/storage_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "exporter/series_view.h"
#include "exporter/storage/state_writer.h"

namespace weir {

class Journal final : public SeriesWitness {
 public:
  // `log` gets the frames, in order, on the shard's thread.
  Journal(uint8_t shard, std::function<void(std::string)> log)
      : log_(std::move(log)), writer_(shard) {}

  void OnKnown(uint32_t series, int64_t now_nanos) override;
  void OnShown(const SeriesView& view, int64_t now_nanos) override;
  void OnMerged(uint32_t series) override;
  void OnForgotten(const SeriesView& view) override;
  void OnSliceEnd(int64_t now_nanos) override;

 private:
  struct Entry {
    uint64_t birth = 0;  // of the series that was logged by name in this run
    int64_t logged = std::numeric_limits<int64_t>::min();  // a sample before this one is logged
  };
  static constexpr uint32_t kChunkBits = 10;
  static constexpr uint32_t kChunk = 1 << kChunkBits;

  Entry& EntryOf(uint32_t series);

  const std::function<void(std::string)> log_;
  StateWriter writer_;
  int64_t last_time_ = 0;  // of a slice: forgotten series are as old
  std::vector<std::unique_ptr<Entry[]>> entries_;
};

}  // namespace weir
