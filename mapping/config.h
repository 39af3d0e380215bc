// MappingConfig: one mapping file as written, before anything is inherited or compiled.
//
// The keys are those of statsd_exporter, including the ones it has retired (`timer_type`, `buckets`
// and `quantiles` outside their options, `match_metric_type: timer`), and Weir's own: `as`,
// `match_labels`, `drop_labels`, `rename_labels`. docs/mapping.md explains each.
//
// Reading checks shapes and words; what depends on several keys is checked by mapping/compile.h.
// Tested by tests/unit/mapping/config_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/diagnostics.h"
#include "common/yaml.h"
#include "common/yaml_scalar.h"
#include "mapping/series_policy.h"

namespace weir {

enum class ObserverType : uint8_t { kSummary, kHistogram };
enum class MatchType : uint8_t { kGlob, kRegex };
enum class Action : uint8_t { kMap, kDrop };

struct SummaryConfig {
  Setting<std::vector<Objective>> quantiles;
  Setting<std::chrono::nanoseconds> max_age;
  Setting<uint32_t> age_buckets;
  Setting<uint32_t> buf_cap;  // accepted; Weir's summaries have no such buffer
};

struct HistogramConfig {
  Setting<std::vector<double>> buckets;
  Setting<double> native_factor;
  Setting<uint32_t> native_max_buckets;
};

// What `defaults` and a rule can both say.
struct CommonConfig {
  Setting<ObserverType> observer_type;
  Setting<MatchType> match_type;
  Setting<std::chrono::nanoseconds> ttl;
  Setting<SummaryConfig> summary;
  Setting<HistogramConfig> histogram;

  Setting<ObserverType> legacy_timer_type;
  Setting<std::vector<double>> legacy_buckets;
  Setting<std::vector<Objective>> legacy_quantiles;
};

struct DefaultsConfig : CommonConfig {
  Setting<bool> glob_disable_ordering;
};

// One entry of a map from text to text, such as `labels`.
struct TextPair {
  std::string key;
  Position key_position;
  std::string value;
};

struct RuleConfig : CommonConfig {
  Position position;
  Setting<std::string> match;
  Setting<std::string> name;
  std::vector<TextPair> labels;
  Setting<bool> honor_labels;
  Setting<std::string> help;
  Setting<Action> action;
  Setting<EventKind> match_metric_type;
  Setting<double> scale;
  Setting<MetricType> as;
  std::vector<TextPair> match_labels;
  std::vector<TextPair> rename_labels;
  Setting<std::vector<std::string>> drop_labels;
};

struct MappingConfig {
  DefaultsConfig defaults;
  std::vector<RuleConfig> rules;
};

// `root` is null for an empty file, which is an empty configuration.
MappingConfig ReadMappingConfig(const YamlNode* root, Diagnostics* diagnostics);

}  // namespace weir
