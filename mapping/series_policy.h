// SeriesPolicy: all that the rules (or the defaults) say of a series besides its name and labels.
//
// Series outlive the mapping file they came from, so whatever a policy points to lives until the
// process ends: options and help texts are interned (Intern below) when a configuration is loaded.
// Their number is bounded by the number of distinct options ever configured.
//
// Thread safety: Intern may be called from any thread; what it returns never changes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/sample.h"

namespace weir {

// What a line's type says: which rules match it (match_metric_type) and what it may become.
enum class EventKind : uint8_t { kCounter, kGauge, kObserver };

// As which kind a sample is shown to the rules: a set as a gauge.
constexpr EventKind EventKindOf(SampleType type) {
  switch (type) {
    case SampleType::kCounter:
      return EventKind::kCounter;
    case SampleType::kGauge:
    case SampleType::kSet:
      return EventKind::kGauge;
    case SampleType::kObserver:
      break;
  }
  return EventKind::kObserver;
}

// What Prometheus sees. A set arrives as its own StatsD type and leaves as a gauge.
enum class MetricType : uint8_t { kCounter, kGauge, kSummary, kHistogram };

// One quantile of a summary and how far off its answer may be, in rank.
struct Objective {
  double quantile;  // 0..1
  double error;     // 0..1

  friend bool operator==(const Objective&, const Objective&) = default;
};

struct SummaryOptions {
  // The quantiles a summary shows. Default 0.5 +- 0.05, 0.9 +- 0.01, 0.99 +- 0.001.
  std::vector<Objective> objectives = {{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}};
  // How long a sample counts towards the quantiles. Default 10 minutes.
  std::chrono::nanoseconds max_age = std::chrono::minutes(10);
  // In how many steps samples leave the window; more steps follow max_age closer and cost memory.
  // Default 5.
  uint32_t age_buckets = 5;

  friend bool operator==(const SummaryOptions&, const SummaryOptions&) = default;
};

struct HistogramOptions {
  // Upper bounds, strictly increasing, without +Inf.
  std::vector<double> buckets = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  // Native buckets grow by at most this factor; <= 1 switches native buckets off. Default 1.1.
  double native_bucket_factor = 1.1;
  // When more native buckets than this are in use the resolution is halved. Default 256.
  uint32_t native_max_buckets = 256;

  friend bool operator==(const HistogramOptions&, const HistogramOptions&) = default;
};

// The help text of a family for which no rule has one.
inline constexpr std::string_view kDefaultHelp =
    "Received over StatsD; no rule gives it a help text.";

struct SeriesPolicy {
  MetricType type = MetricType::kCounter;
  const SummaryOptions* summary = nullptr;      // set when type is kSummary
  const HistogramOptions* histogram = nullptr;  // set when type is kHistogram
  const std::string* help = nullptr;            // never null in a policy a Mapper gives out
  // A series is forgotten this long after its last sample; zero or less: never.
  std::chrono::nanoseconds ttl{0};
  // Every value is multiplied by it.
  double scale = 1;
};

// Equal contents give the same pointer. Linear in the distinct options known, which are few.
const SummaryOptions* Intern(const SummaryOptions& options);
const HistogramOptions* Intern(const HistogramOptions& options);
// Constant time: every rule may bring its own help text.
const std::string* InternText(std::string_view text);

}  // namespace weir
