#include "mapping/config.h"

#include <span>
#include <string_view>
#include <utility>

#include "common/yaml_map.h"

namespace weir {
namespace {

using Kind = YamlNode::Kind;

void WarnLegacy(const Field& field, std::string_view old, std::string_view instead) {
  field.diagnostics.Warning(
      field.node.position,
      "`" + std::string(old) + "` is deprecated; write `" + std::string(instead) + "`");
}

void Read(const Field& field, Setting<ObserverType>* out) {
  ReadWord<ObserverType>(field,
                         {{"summary", ObserverType::kSummary},
                          {"", ObserverType::kSummary},
                          {"histogram", ObserverType::kHistogram}},
                         "summary or histogram", out);
}

void Read(const Field& field, Setting<MatchType>* out) {
  ReadWord<MatchType>(
      field, {{"glob", MatchType::kGlob}, {"", MatchType::kGlob}, {"regex", MatchType::kRegex}},
      "glob or regex", out);
}

void Read(const Field& field, Setting<Action>* out) {
  ReadWord<Action>(field, {{"map", Action::kMap}, {"", Action::kMap}, {"drop", Action::kDrop}},
                   "map or drop", out);
}

void Read(const Field& field, Setting<EventKind>* out) {
  if (field.node.kind == Kind::kScalar && field.node.text == "timer") {
    WarnLegacy(field, "match_metric_type: timer", "match_metric_type: observer");
  }
  ReadWord<EventKind>(field,
                      {{"counter", EventKind::kCounter},
                       {"gauge", EventKind::kGauge},
                       {"observer", EventKind::kObserver},
                       {"timer", EventKind::kObserver}},
                      "counter, gauge or observer", out);
}

void Read(const Field& field, Setting<MetricType>* out) {
  ReadWord<MetricType>(field, {{"gauge", MetricType::kGauge}}, "gauge", out);
}

template <class T>
void ReadScalars(const Field& field, std::string_view wanted, Setting<std::vector<T>>* out) {
  std::vector<T> values;
  ReadList(field, wanted, [&](const Field& item) {
    Setting<T> value;
    Read(item, &value);
    if (value || IsNull(item)) values.push_back(value.value_or(T{}));
  });
  if (IsNull(field)) return;
  out->value = std::move(values);
  out->position = field.node.position;
}

void Read(const Field& field, Setting<std::vector<double>>* out) {
  ReadScalars(field, "a list of numbers such as [0.1, 0.5, 1]", out);
}

void Read(const Field& field, Setting<std::vector<std::string>>* out) {
  ReadScalars(field, "a list of label names such as [host, pod]", out);
}

struct ObjectiveConfig {
  Setting<double> quantile;
  Setting<double> error;
};

constexpr Key<ObjectiveConfig> kObjectiveKeys[] = {
    {"quantile", [](const Field& f, ObjectiveConfig* into) { Read(f, &into->quantile); }},
    {"error", [](const Field& f, ObjectiveConfig* into) { Read(f, &into->error); }},
};

void Read(const Field& field, Setting<std::vector<Objective>>* out) {
  constexpr std::string_view kWanted = "a list such as [{quantile: 0.99, error: 0.001}]";
  std::vector<Objective> objectives;
  ReadList(field, kWanted, [&](const Field& item) {
    if (item.node.kind != Kind::kMap) return ReportWrongValue(item, kWanted);
    ObjectiveConfig read;
    ReadMap<ObjectiveConfig>(item.node, "a quantile", kObjectiveKeys, item.diagnostics, &read);
    const Objective objective{read.quantile.value_or(0), read.error.value_or(0)};
    const auto is_share = [](double value) { return value >= 0 && value <= 1; };
    if (!is_share(objective.quantile) || !is_share(objective.error)) {
      item.diagnostics.Error(
          item.node.position,
          std::string(item.key) + ": a quantile and its error lie between 0 and 1 (0.99, not 99)");
    }
    objectives.push_back(objective);
  });
  if (IsNull(field)) return;
  out->value = std::move(objectives);
  out->position = field.node.position;
}

template <class T>
void ReadOptions(const Field& field, std::span<const Key<T>> keys, Setting<T>* out) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) return ReportWrongValue(field, "a map of options");
  out->value.emplace();
  out->position = field.node.position;
  ReadMap<T>(field.node, field.key, keys, field.diagnostics, &*out->value);
}

constexpr Key<SummaryConfig> kSummaryKeys[] = {
    {"quantiles", [](const Field& f, SummaryConfig* into) { Read(f, &into->quantiles); }},
    {"max_age", [](const Field& f, SummaryConfig* into) { Read(f, &into->max_age); }},
    {"age_buckets", [](const Field& f, SummaryConfig* into) { Read(f, &into->age_buckets); }},
    {"buf_cap", [](const Field& f, SummaryConfig* into) { Read(f, &into->buf_cap); }},
};

constexpr Key<HistogramConfig> kHistogramKeys[] = {
    {"buckets", [](const Field& f, HistogramConfig* into) { Read(f, &into->buckets); }},
    {"native_histogram_bucket_factor",
     [](const Field& f, HistogramConfig* into) { Read(f, &into->native_factor); }},
    {"native_histogram_max_buckets",
     [](const Field& f, HistogramConfig* into) { Read(f, &into->native_max_buckets); }},
};

void ReadPairs(const Field& field, std::vector<TextPair>* out) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) return ReportWrongValue(field, "a map such as {host: a}");
  for (const YamlEntry& entry : field.node.entries) {
    Setting<std::string> value;
    Read({entry.key, *entry.value, field.diagnostics}, &value);
    out->push_back({entry.key, entry.position, value.value_or("")});
  }
}

// The keys common to `defaults` and rules, as seen from a T that has them.
template <class T>
constexpr Key<T> kObserverType = {"observer_type",
                                  [](const Field& f, T* into) { Read(f, &into->observer_type); }};
template <class T>
constexpr Key<T> kMatchType = {"match_type",
                               [](const Field& f, T* into) { Read(f, &into->match_type); }};
template <class T>
constexpr Key<T> kTtl = {"ttl", [](const Field& f, T* into) { Read(f, &into->ttl); }};
template <class T>
constexpr Key<T> kSummaryOptions = {"summary_options", [](const Field& f, T* into) {
                                      ReadOptions<SummaryConfig>(f, kSummaryKeys, &into->summary);
                                    }};
template <class T>
constexpr Key<T> kHistogramOptions = {"histogram_options", [](const Field& f, T* into) {
                                        ReadOptions<HistogramConfig>(f, kHistogramKeys,
                                                                     &into->histogram);
                                      }};
template <class T>
constexpr Key<T> kTimerType = {"timer_type", [](const Field& f, T* into) {
                                 WarnLegacy(f, f.key, "observer_type");
                                 Read(f, &into->legacy_timer_type);
                               }};
template <class T>
constexpr Key<T> kBuckets = {"buckets", [](const Field& f, T* into) {
                               WarnLegacy(f, f.key, "histogram_options: {buckets: ...}");
                               Read(f, &into->legacy_buckets);
                             }};
template <class T>
constexpr Key<T> kQuantiles = {"quantiles", [](const Field& f, T* into) {
                                 WarnLegacy(f, f.key, "summary_options: {quantiles: ...}");
                                 Read(f, &into->legacy_quantiles);
                               }};

constexpr Key<DefaultsConfig> kDefaultsKeys[] = {
    kObserverType<DefaultsConfig>,
    kMatchType<DefaultsConfig>,
    kTtl<DefaultsConfig>,
    kSummaryOptions<DefaultsConfig>,
    kHistogramOptions<DefaultsConfig>,
    {"glob_disable_ordering",
     [](const Field& f, DefaultsConfig* into) { Read(f, &into->glob_disable_ordering); }},
    kTimerType<DefaultsConfig>,
    kBuckets<DefaultsConfig>,
    kQuantiles<DefaultsConfig>,
};

constexpr Key<RuleConfig> kRuleKeys[] = {
    {"match", [](const Field& f, RuleConfig* into) { Read(f, &into->match); }},
    {"name", [](const Field& f, RuleConfig* into) { Read(f, &into->name); }},
    {"labels", [](const Field& f, RuleConfig* into) { ReadPairs(f, &into->labels); }},
    {"honor_labels", [](const Field& f, RuleConfig* into) { Read(f, &into->honor_labels); }},
    {"help", [](const Field& f, RuleConfig* into) { Read(f, &into->help); }},
    {"action", [](const Field& f, RuleConfig* into) { Read(f, &into->action); }},
    {"match_metric_type",
     [](const Field& f, RuleConfig* into) { Read(f, &into->match_metric_type); }},
    {"scale", [](const Field& f, RuleConfig* into) { Read(f, &into->scale); }},
    {"as", [](const Field& f, RuleConfig* into) { Read(f, &into->as); }},
    {"match_labels", [](const Field& f, RuleConfig* into) { ReadPairs(f, &into->match_labels); }},
    {"rename_labels", [](const Field& f, RuleConfig* into) { ReadPairs(f, &into->rename_labels); }},
    {"drop_labels", [](const Field& f, RuleConfig* into) { Read(f, &into->drop_labels); }},
    kObserverType<RuleConfig>,
    kMatchType<RuleConfig>,
    kTtl<RuleConfig>,
    kSummaryOptions<RuleConfig>,
    kHistogramOptions<RuleConfig>,
    kTimerType<RuleConfig>,
    kBuckets<RuleConfig>,
    kQuantiles<RuleConfig>,
};

void ReadDefaults(const Field& field, MappingConfig* into) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) return ReportWrongValue(field, "a map of settings");
  ReadMap<DefaultsConfig>(field.node, "`defaults`", kDefaultsKeys, field.diagnostics,
                          &into->defaults);
}

void ReadRules(const Field& field, MappingConfig* into) {
  ReadList(field, "a list of rules, each beginning with `- match: ...`", [&](const Field& item) {
    if (item.node.kind != Kind::kMap && item.node.kind != Kind::kNull) {
      return ReportWrongValue(item, "a rule, which is a map with `match` and `name`");
    }
    RuleConfig& rule = into->rules.emplace_back();
    rule.position = item.node.position;
    ReadMap<RuleConfig>(item.node, "a rule", kRuleKeys, item.diagnostics, &rule);
  });
}

constexpr Key<MappingConfig> kTopKeys[] = {{"defaults", ReadDefaults}, {"mappings", ReadRules}};

}  // namespace

MappingConfig ReadMappingConfig(const YamlNode* root, Diagnostics* diagnostics) {
  MappingConfig config;
  if (root == nullptr || root->kind == Kind::kNull) return config;
  if (root->kind != Kind::kMap) {
    ReportWrongValue({"the file", *root, *diagnostics}, "a map with `defaults` and `mappings`");
    return config;
  }
  ReadMap<MappingConfig>(*root, "a mapping file", kTopKeys, *diagnostics, &config);
  return config;
}

}  // namespace weir
