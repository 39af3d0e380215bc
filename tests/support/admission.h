// Series admitted and fed directly, without lines: what a table's tests need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/hash.h"
#include "common/parser.h"
#include "exporter/series_table.h"
#include "mapping/series_policy.h"

namespace weir {

inline constexpr SeriesKind kCounter = SeriesKind::kCounter;
inline constexpr SeriesKind kGauge = SeriesKind::kGauge;
inline constexpr SeriesKind kSet = SeriesKind::kSet;
inline constexpr SeriesKind kSummary = SeriesKind::kSummary;
inline constexpr SeriesKind kHistogram = SeriesKind::kHistogram;
inline constexpr SeriesKind kAllKinds[] = {kCounter, kGauge, kSet, kSummary, kHistogram};

// The policy of an unmapped metric that becomes a series of this kind.
inline SeriesPolicy PolicyOf(SeriesKind kind) {
  SeriesPolicy policy;
  policy.help = InternText("Help.");
  switch (kind) {
    case SeriesKind::kCounter:
      policy.type = MetricType::kCounter;
      break;
    case SeriesKind::kGauge:
    case SeriesKind::kSet:
      policy.type = MetricType::kGauge;
      break;
    case SeriesKind::kSummary:
      policy.type = MetricType::kSummary;
      policy.summary = Intern(SummaryOptions{});
      break;
    case SeriesKind::kHistogram:
      policy.type = MetricType::kHistogram;
      policy.histogram = Intern(HistogramOptions{.buckets = {1, 5}});
      break;
  }
  return policy;
}

inline Sample SampleOf(SampleType type, double value, uint64_t weight = 1) {
  Sample sample{};
  sample.type = type;
  sample.value = value;
  sample.weight = weight;
  return sample;
}

// One sample of a series of this kind; a set sees `value` as its member.
inline Refusal ApplyTo(SeriesTable* table, SeriesHandle handle, SeriesKind kind, double value,
                       int64_t now_nanos = 0, uint16_t plan = 0) {
  constexpr SampleType kTypes[] = {SampleType::kCounter, SampleType::kGauge, SampleType::kSet,
                                   SampleType::kObserver, SampleType::kObserver};
  const Sample sample = SampleOf(kTypes[static_cast<size_t>(kind)], value);
  const uint64_t member_hash = ProcessHash().Of64(std::to_string(value));
  return table->Apply(handle.series, plan, sample, member_hash, now_nanos);
}

// Admits and applies one sample.
inline Refusal Feed(SeriesTable* table, SeriesKind kind, std::string_view family,
                    const std::vector<Label>& labels = {}, double value = 1, int64_t now_nanos = 0,
                    uint16_t plan = 0) {
  SeriesHandle handle;
  const Refusal refusal = table->Admit(family, labels, kind, PolicyOf(kind), &handle);
  return refusal == Refusal::kNone ? ApplyTo(table, handle, kind, value, now_nanos, plan) : refusal;
}

// Expires as a shard does: sixteen times in a second.
inline void PassSecond(SeriesTable* table, FakeClock* clock) {
  for (int part = 0; part < 16; ++part) {
    clock->Advance(kNanosPerSecond / 16);
    table->Expire(clock->NowNanos(), 16);
  }
}

}  // namespace weir
