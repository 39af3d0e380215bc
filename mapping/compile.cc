#include "mapping/compile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "mapping/names.h"

namespace weir {
namespace {

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

// Ascending, each quantile once: of several the last one counts.
std::vector<Objective> Sorted(std::vector<Objective> objectives) {
  const auto by_quantile = [](const Objective& a, const Objective& b) {
    return a.quantile < b.quantile;
  };
  std::reverse(objectives.begin(), objectives.end());
  std::stable_sort(objectives.begin(), objectives.end(), by_quantile);
  const auto same = [](const Objective& a, const Objective& b) { return a.quantile == b.quantile; };
  objectives.erase(std::unique(objectives.begin(), objectives.end(), same), objectives.end());
  return objectives;
}

void CheckBuckets(const Setting<std::vector<double>>& buckets, Diagnostics* diagnostics) {
  for (size_t i = 0; i < buckets->size(); ++i) {
    const double bound = (*buckets)[i];
    if (!std::isnan(bound) && (i == 0 || bound > (*buckets)[i - 1])) continue;
    diagnostics->Error(buckets.position, "buckets: bound " + std::to_string(i + 1) +
                                             " is not greater than the one before it; write them "
                                             "in ascending order, each once");
    return;
  }
}

// `base` with what the file says put over it. An empty list says nothing.
SummaryOptions Overlay(SummaryOptions base, const Setting<SummaryConfig>& config,
                       const Setting<std::vector<Objective>>& legacy, Diagnostics* diagnostics) {
  if (legacy && !legacy->empty()) base.objectives = Sorted(*legacy);
  if (!config) return base;
  if (config->quantiles && !config->quantiles->empty()) {
    base.objectives = Sorted(*config->quantiles);
  }
  if (config->max_age && config->max_age->count() < 0) {
    diagnostics->Error(config->max_age.position, "max_age: cannot be negative");
  }
  if (config->max_age && config->max_age->count() > 0) base.max_age = *config->max_age;
  if (config->age_buckets && *config->age_buckets > 0) base.age_buckets = *config->age_buckets;
  return base;
}

void SetBuckets(const Setting<std::vector<double>>& buckets, Diagnostics* diagnostics,
                HistogramOptions* options) {
  if (!buckets || buckets->empty()) return;
  CheckBuckets(buckets, diagnostics);
  options->buckets = *buckets;
  if (options->buckets.back() == std::numeric_limits<double>::infinity()) {
    options->buckets.pop_back();
  }
}

HistogramOptions Overlay(HistogramOptions base, const Setting<HistogramConfig>& config,
                         const Setting<std::vector<double>>& legacy, Diagnostics* diagnostics) {
  SetBuckets(legacy, diagnostics, &base);
  if (!config) return base;
  SetBuckets(config->buckets, diagnostics, &base);
  if (config->native_factor.value_or(0) > 0) base.native_bucket_factor = *config->native_factor;
  if (config->native_max_buckets.value_or(0) > 0) {
    base.native_max_buckets = *config->native_max_buckets;
  }
  return base;
}

std::optional<ObserverType> ObserverTypeOf(const CommonConfig& config) {
  return config.observer_type ? config.observer_type.value : config.legacy_timer_type.value;
}

void WarnOfNegativeTtl(const Setting<std::chrono::nanoseconds>& ttl, Diagnostics* diagnostics) {
  if (!ttl || ttl->count() >= 0) return;
  diagnostics->Warning(ttl.position, "ttl: a negative TTL means never; write `ttl: 0`");
}

std::array<SeriesPolicy, 3> PoliciesByKind(ObserverType observer_type,
                                           const SummaryOptions& summary,
                                           const HistogramOptions& histogram) {
  std::array<SeriesPolicy, 3> policies;
  for (SeriesPolicy& policy : policies) policy.help = InternText(kDefaultHelp);
  policies[static_cast<size_t>(EventKind::kCounter)].type = MetricType::kCounter;
  policies[static_cast<size_t>(EventKind::kGauge)].type = MetricType::kGauge;
  SeriesPolicy& observer = policies[static_cast<size_t>(EventKind::kObserver)];
  if (observer_type == ObserverType::kHistogram) {
    observer.type = MetricType::kHistogram;
    observer.histogram = Intern(histogram);
  } else {
    observer.type = MetricType::kSummary;
    observer.summary = Intern(summary);
  }
  return policies;
}

// Whether `name` can be a family name once its references (`$1`, `${1}`; a brace may be missing, as
// statsd_exporter has it) are filled in.
bool IsNameTemplate(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i < name.size();) {
    if (name[i] != '$') {
      if (!IsLegalName(name.substr(i, 1)) && !(i > 0 && is_digit(name[i]))) return false;
      ++i;
      continue;
    }
    ++i;
    if (i < name.size() && name[i] == '{') ++i;
    if (i == name.size() || !is_digit(name[i])) return false;
    while (i < name.size() && is_digit(name[i])) ++i;
    if (i < name.size() && name[i] == '}') ++i;
  }
  return !name.empty();
}

// Compiles one rule; each step adds what is wrong and leaves the rest to the others.
class RuleCompiler {
 public:
  RuleCompiler(const RuleConfig& config, const Defaults& defaults, Diagnostics* diagnostics)
      : config_(config), defaults_(defaults), diagnostics_(*diagnostics) {}

  std::unique_ptr<const Rule> Compile() {
    const size_t errors_before = diagnostics_.error_count();
    rule_->file = diagnostics_.file();
    rule_->line = config_.position.line;
    rule_->drops = config_.action.value_or(Action::kMap) == Action::kDrop;
    rule_->honor_labels = config_.honor_labels.value_or(false);
    rule_->kinds = config_.match_metric_type
                       ? static_cast<uint8_t>(1 << static_cast<int>(*config_.match_metric_type))
                       : uint8_t{7};
    CompileMatch();
    CompileName();
    CompileLabels();
    CompileTagChanges();
    CompilePolicies();
    if (diagnostics_.error_count() != errors_before) return nullptr;
    return std::move(rule_);
  }

 private:
  // Where to point when `setting` is what is wrong but may be missing.
  template <class T>
  Position PlaceOf(const Setting<T>& setting) const {
    return setting ? setting.position : config_.position;
  }

  void CompileMatch() {
    rule_->match = config_.match.value_or("");
    if (config_.match_type.value_or(defaults_.match_type) == MatchType::kGlob) {
      auto glob = Glob::Parse(rule_->match);
      if (!glob) return diagnostics_.Error(PlaceOf(config_.match), glob.error().message);
      rule_->glob = *std::move(glob);
      return;
    }
    auto regex = Regex::Compile(rule_->match);
    if (!regex) return diagnostics_.Error(PlaceOf(config_.match), regex.error().message);
    rule_->regex = *std::move(regex);
  }

  // A match that does not compile has been reported; its templates are not.
  Template MakeTemplate(std::string_view text) const {
    if (rule_->glob) return Template::ForGlob(text, rule_->glob->stars());
    if (rule_->regex) {
      return Template::ForRegex(text, rule_->regex->groups(), rule_->regex->group_names());
    }
    return {};
  }

  void CompileName() {
    const std::string name = config_.name.value_or("");
    if (name.empty()) {
      diagnostics_.Error(PlaceOf(config_.name),
                         "a rule needs a `name`, also one with `action: drop`");
    } else if (!IsNameTemplate(name)) {
      diagnostics_.Error(
          config_.name.position,
          "name " + Quoted(name) +
              ": letters, digits, `_` and references such as ${1} only, and no digit "
              "in front");
    }
    rule_->name = MakeTemplate(name);
  }

  void CompileLabels() {
    for (const TextPair& label : config_.labels) {
      if (label.key.size() < 2 || !IsLegalName(label.key)) {
        diagnostics_.Error(label.key_position,
                           "label name " + Quoted(label.key) +
                               ": at least two letters, digits or `_`, and no digit in front");
      } else if (!IsLegalLabelName(label.key)) {
        diagnostics_.Error(label.key_position, "label name " + Quoted(label.key) +
                                                   ": Prometheus keeps names that begin with `__` "
                                                   "for itself; choose another");
      }
      rule_->labels.push_back({label.key, MakeTemplate(label.value)});
    }
  }

  std::string EscapedKey(std::string_view what, std::string_view key, Position position) {
    std::string escaped;
    EscapeName(key, &escaped);
    if (escaped.empty()) diagnostics_.Error(position, std::string(what) + ": an empty label name");
    return escaped;
  }

  void CompileTagChanges() {
    for (const TextPair& wanted : config_.match_labels) {
      if (wanted.value.empty()) {
        diagnostics_.Error(wanted.key_position, "match_labels: " + Quoted(wanted.key) +
                                                    " needs a value; `\"*\"` takes any");
      }
      rule_->conditions.push_back(
          {EscapedKey("match_labels", wanted.key, wanted.key_position), Wildcard(wanted.value)});
    }
    for (const TextPair& renamed : config_.rename_labels) {
      if (!IsLegalLabelName(renamed.value)) {
        diagnostics_.Error(renamed.key_position,
                           "rename_labels: " + Quoted(renamed.value) +
                               " is no label name: letters, digits and `_` only, no digit and no "
                               "`__` in front");
      }
      rule_->rename_labels.emplace_back(
          EscapedKey("rename_labels", renamed.key, renamed.key_position), renamed.value);
    }
    if (!config_.drop_labels) return;
    for (const std::string& dropped : *config_.drop_labels) {
      rule_->drop_labels.push_back(
          EscapedKey("drop_labels", dropped, config_.drop_labels.position));
    }
  }

  void CheckObserverOptions(std::optional<ObserverType> type) {
    const Setting<SummaryConfig>& summary = config_.summary;
    const Setting<HistogramConfig>& histogram = config_.histogram;
    if (type == ObserverType::kHistogram && summary) {
      diagnostics_.Error(summary.position,
                         "summary_options in a rule whose observer_type is histogram; remove them "
                         "or write `observer_type: summary`");
    }
    if (type == ObserverType::kSummary && histogram) {
      diagnostics_.Error(histogram.position,
                         "histogram_options in a rule whose observer_type is summary; remove them "
                         "or write `observer_type: histogram`");
    }
    if (config_.legacy_buckets && histogram && histogram->buckets) {
      diagnostics_.Error(config_.legacy_buckets.position,
                         "buckets are given here and in histogram_options; keep the latter");
    }
    if (config_.legacy_quantiles && summary && summary->quantiles) {
      diagnostics_.Error(config_.legacy_quantiles.position,
                         "quantiles are given here and in summary_options; keep the latter");
    }
  }

  std::chrono::nanoseconds Ttl() const {
    // Zero given explicitly switches a default off; a negative default is not inherited.
    return config_.ttl.value_or(std::max(defaults_.ttl, std::chrono::nanoseconds(0)));
  }

  void CompilePolicies() {
    const std::optional<ObserverType> own = ObserverTypeOf(config_);
    const std::optional<ObserverType> type = own ? own : defaults_.observer_type;
    CheckObserverOptions(type);
    WarnOfNegativeTtl(config_.ttl, &diagnostics_);
    rule_->policies = PoliciesByKind(
        type.value_or(ObserverType::kSummary),
        Overlay(defaults_.summary, config_.summary, config_.legacy_quantiles, &diagnostics_),
        Overlay(defaults_.histogram, config_.histogram, config_.legacy_buckets, &diagnostics_));
    rule_->has_help = !config_.help.value_or("").empty();
    for (SeriesPolicy& policy : rule_->policies) {
      if (rule_->has_help) policy.help = InternText(*config_.help);
      policy.ttl = Ttl();
      policy.scale = config_.scale.value_or(1);
    }
    if (!config_.as) return;
    rule_->policies[static_cast<size_t>(EventKind::kCounter)].type = MetricType::kGauge;
    if (!rule_->Takes(EventKind::kCounter)) {
      diagnostics_.Error(
          config_.as.position,
          "as: gauge is for counters, which this rule's match_metric_type leaves out");
    }
  }

  const RuleConfig& config_;
  const Defaults& defaults_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Rule> rule_ = std::make_unique<Rule>();
};

}  // namespace

Defaults ResolveDefaults(const DefaultsConfig& config, std::chrono::nanoseconds default_ttl,
                         Diagnostics* diagnostics) {
  WarnOfNegativeTtl(config.ttl, diagnostics);
  Defaults defaults;
  defaults.observer_type = ObserverTypeOf(config);
  defaults.match_type = config.match_type.value_or(MatchType::kGlob);
  defaults.ttl = config.ttl.value_or(default_ttl);
  defaults.summary = Overlay({}, config.summary, config.legacy_quantiles, diagnostics);
  defaults.histogram = Overlay({}, config.histogram, config.legacy_buckets, diagnostics);
  return defaults;
}

std::array<SeriesPolicy, 3> UnmappedPolicies(const Defaults& defaults) {
  std::array<SeriesPolicy, 3> policies =
      PoliciesByKind(defaults.observer_type.value_or(ObserverType::kSummary), defaults.summary,
                     defaults.histogram);
  for (SeriesPolicy& policy : policies) policy.ttl = defaults.ttl;
  return policies;
}

std::unique_ptr<const Rule> CompileRule(const RuleConfig& config, const Defaults& defaults,
                                        Diagnostics* diagnostics) {
  return RuleCompiler(config, defaults, diagnostics).Compile();
}

}  // namespace weir
