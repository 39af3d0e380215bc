// SeriesView: a series of a table with all that outlives the process; and who may look at one.
//
// Thread safety: a view belongs to the table's shard and is valid during the call that gives it.
// Tested by tests/unit/exporter/series_stored_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "exporter/exposition.h"
#include "exporter/metric.h"

namespace weir {

struct SeriesView {
  uint32_t series;  // its number, given to another series once it is forgotten
  uint64_t birth;   // never another series' of this table; 1 is the first
  std::string_view family;
  std::string_view labels;  // label text
  const Cell& cell;
  std::string_view rule;            // identity of its last sample's rule; empty: no rule took it
  std::chrono::nanoseconds ttl;     // as that rule says; <= 0: never forgotten
  const HistogramOptions* buckets;  // of a histogram
};

// Told by a table what has to be written down. Called on the table's shard.
class SeriesWitness {
 public:
  virtual ~SeriesWitness() = default;
  // It was in the table before the witness was.
  virtual void OnKnown(uint32_t series, int64_t now_nanos) = 0;
  // A page is about to show it, as it is now.
  virtual void OnShown(const SeriesView& view, int64_t now_nanos) = 0;
  // Its value changed without a sample.
  virtual void OnMerged(uint32_t series) = 0;
  virtual void OnForgotten(const SeriesView& view) = 0;
  // The slice of a page is whole; its text will leave the shard now.
  virtual void OnSliceEnd(int64_t now_nanos) = 0;
};

// Whose series are merged into a table, and so which go before which where both cannot be.
enum class MergedFrom : uint8_t {
  kStorage,      // read before any sample: limits hold for them, and they give way to samples
  kPredecessor,  // it ran until now: no limit refuses them, and what came here gives way to them
};

// What a series held when it was written down.
struct SeriesState {
  SeriesKind kind = SeriesKind::kCounter;  // not kSet
  int64_t touched = 0;                     // on the shard's clock: the last sample
  Counter counter{};
  double gauge = 0;
  double sum = 0;  // of a summary
  uint64_t count = 0;
  HistogramView histogram{};
};

}  // namespace weir
