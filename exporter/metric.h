// Metric: the value of one series, and how each kind takes a sample.
//
// A Cell is the hot half of a series: 32 bytes, two to a cache line, so that applying a sample to a
// known series touches one line. Everything else about a series is in series_table.h.
// Thread safety: owned by one shard.
// Tested by tests/unit/exporter/metric_test.cc.
#pragma once

#include <cmath>
#include <cstdint>

#include "exporter/distinct.h"
#include "exporter/histogram.h"
#include "exporter/quantile.h"
#include "mapping/series_policy.h"

namespace weir {

// What a series is inside.
enum class SeriesKind : uint8_t { kCounter, kGauge, kSet, kSummary, kHistogram };
constexpr int kSeriesKindCount = 5;

// As what it shows: a set as a gauge.
constexpr MetricType TypeOf(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::kCounter:
      return MetricType::kCounter;
    case SeriesKind::kGauge:
    case SeriesKind::kSet:
      return MetricType::kGauge;
    case SeriesKind::kSummary:
      return MetricType::kSummary;
    case SeriesKind::kHistogram:
      break;
  }
  return MetricType::kHistogram;
}

// As what its samples come.
constexpr EventKind EventKindOf(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::kCounter:
      return EventKind::kCounter;
    case SeriesKind::kGauge:
    case SeriesKind::kSet:
      return EventKind::kGauge;
    case SeriesKind::kSummary:
    case SeriesKind::kHistogram:
      break;
  }
  return EventKind::kObserver;
}

// Whole increments are added as integers, so that a counter stays exact past 2^53.
struct Counter {
  uint64_t whole;
  double fraction;

  // REQUIRES: !(value < 0).
  void Add(double value) {
    // The comparison also sends NaN and infinities to the floating half.
    if (value < 0x1p63) [[likely]] {
      const auto integer = static_cast<uint64_t>(value);
      if (static_cast<double>(integer) == value) [[likely]] {
        whole += integer;
        return;
      }
    }
    fraction += value;
  }

  double value() const { return static_cast<double>(whole) + fraction; }
};

struct Cell {
  union {
    Counter counter;
    double gauge;
    Distinct* set;         // owned
    Summary* summary;      // owned
    Histogram* histogram;  // owned
  };
  int64_t touched;      // nanoseconds on the shard's clock: the last sample
  uint32_t generation;  // grows when the series is forgotten; even: the cell is free
  uint16_t plan;        // of the last sample: its rule's TTL (SeriesTable::Plan)
  SeriesKind kind;

  bool live() const { return generation % 2 == 1; }
};
static_assert(sizeof(Cell) == 32);

}  // namespace weir
