// Mapper::Lint: what an operator should know although the files load.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/mapper.h"
#include "mapping/rule_set.h"

namespace weir {
namespace {

std::string PlaceOf(const Rule& rule) { return rule.file + ":" + std::to_string(rule.line); }

std::string Finding(const Rule& rule, std::string_view what) {
  return PlaceOf(rule) + ": " + std::string(what);
}

// `$3_duration` -> `${3}_duration`, `$1$2` -> `${1}$2`; empty when no number leads the reference.
std::string WithBraces(std::string_view reference) {
  const size_t begin = reference.find_first_not_of("${");
  if (begin == std::string_view::npos) return {};
  const size_t end = std::min(reference.find_first_not_of("0123456789", begin), reference.size());
  if (end == begin) return {};
  std::string_view rest = reference.substr(end);
  if (rest.empty() || rest[0] == '}') return {};
  return "${" + std::string(reference.substr(begin, end - begin)) + "}" + std::string(rest);
}

void LintTemplate(const Rule& rule, std::string_view what, const Template& made,
                  std::vector<std::string>* findings) {
  for (const std::string& reference : made.dead_references()) {
    std::string said = std::string(what) + ": `" + reference + "` is always empty";
    const std::string meant = WithBraces(reference);
    if (!meant.empty()) {
      said += "; did you mean `" + meant + "`?";
    } else if (rule.glob) {
      said += "; the match has " + std::to_string(rule.glob->stars()) + " wildcard(s)";
    } else {
      said += "; the match has " + std::to_string(rule.regex->groups()) + " group(s)";
    }
    findings->push_back(Finding(rule, said));
  }
}

void LintReferences(const RuleSet& set, std::vector<std::string>* findings) {
  for (const auto& rule : set.rules) {
    if (rule->drops) continue;
    LintTemplate(*rule, "name", rule->name, findings);
    for (const LabelTemplate& label : rule->labels) {
      LintTemplate(*rule, "label " + label.name, label.value, findings);
    }
  }
}

// Prometheus writes `le` and `quantile` itself.
void LintReserved(const RuleSet& set, std::vector<std::string>* findings) {
  for (const auto& rule : set.rules) {
    if (rule->drops || !rule->Takes(EventKind::kObserver)) continue;
    const bool is_histogram = rule->policy(EventKind::kObserver).type == MetricType::kHistogram;
    const std::string_view reserved = is_histogram ? "le" : "quantile";
    for (const LabelTemplate& label : rule->labels) {
      if (label.name != reserved) continue;
      findings->push_back(Finding(*rule, "label " + label.name + ": every " +
                                             (is_histogram ? "histogram" : "summary") +
                                             " has such a label of its own; observers of this rule "
                                             "are refused"));
    }
  }
}

// An expression that takes every name.
bool TakesAll(const Rule& rule) {
  constexpr std::string_view kCatchAlls[] = {"",     ".",    ".*",   ".+",     "(.*)",
                                             "(.+)", "^.*$", "^.+$", "^(.*)$", "^(.+)$"};
  return std::find(std::begin(kCatchAlls), std::end(kCatchAlls), rule.match) !=
         std::end(kCatchAlls);
}

// The earlier rule that takes all of this kind the regex `rule` could.
const Rule* RegexBefore(const std::vector<const Rule*>& earlier, const Rule& rule, EventKind kind) {
  const auto found = std::find_if(earlier.begin(), earlier.end(), [&](const Rule* other) {
    return other->Takes(kind) && (other->match == rule.match || TakesAll(*other));
  });
  return found == earlier.end() ? nullptr : *found;
}

// The rule that wins over the glob `rule` wherever both match. A glob covers another exactly when
// it matches the other's text, whose stars only a star can take.
const Rule* GlobBefore(const RuleSet& set, const Rule& rule, uint32_t number, EventKind kind) {
  const bool is_file_order = set.glob_order == GlobTrie::Order::kFile;
  const uint32_t found =
      set.globs.Find(rule.match, kind, GlobTrie::Order::kFile, [&](uint32_t other) {
        const Rule& candidate = *set.rules[other];
        return candidate.conditions.empty() && other < number &&
               (is_file_order || candidate.match == rule.match);
      });
  return found == GlobTrie::kNoRule ? nullptr : set.rules[found].get();
}

void LintReach(const RuleSet& set, std::vector<std::string>* findings) {
  std::vector<const Rule*> unconditional;  // regex rules so far
  for (uint32_t number = 0; number < set.rules.size(); ++number) {
    const Rule& rule = *set.rules[number];
    const Rule* before = nullptr;
    bool is_reachable = false;
    for (EventKind kind : {EventKind::kCounter, EventKind::kGauge, EventKind::kObserver}) {
      if (!rule.Takes(kind)) continue;
      const Rule* covers =
          rule.glob ? GlobBefore(set, rule, number, kind) : RegexBefore(unconditional, rule, kind);
      if (covers == nullptr) is_reachable = true;
      if (before == nullptr) before = covers;
    }
    if (!is_reachable) {
      findings->push_back(Finding(rule, "match `" + rule.match + "` can never match: `" +
                                            before->match + "` at " + PlaceOf(*before) +
                                            " takes everything first"));
    }
    if (rule.regex && rule.conditions.empty()) unconditional.push_back(&rule);
  }
}

// Rules that say something of a family and are not heard: by family and by who is heard instead.
using Unheard = std::map<std::pair<std::string, uint32_t>, std::vector<const Rule*>>;

void LintUnheard(const RuleSet& set, const Unheard& unheard, std::string_view what,
                 std::vector<std::string>* findings) {
  for (const auto& [key, rules] : unheard) {
    std::string others;
    for (const Rule* rule : rules) others.append(others.empty() ? "" : ", ").append(PlaceOf(*rule));
    findings->push_back(Finding(*set.rules[key.second],
                                "family `" + key.first + "` has several " + std::string(what) +
                                    "; this one, the first, is used, not the one at " + others));
  }
}

void LintFamilies(const RuleSet& set, std::vector<std::string>* findings) {
  Unheard helps;
  Unheard options;
  for (const auto& rule : set.rules) {
    if (rule->drops) continue;
    const std::string family = rule->name.Shape();
    const FamilyClaims claims = set.families.Find(family);
    const SeriesPolicy& own = rule->policy(EventKind::kObserver);
    if (rule->has_help && claims.help.value != own.help) {
      helps[{family, claims.help.rule}].push_back(rule.get());
    }
    if (!rule->Takes(EventKind::kObserver)) continue;
    if (own.histogram != nullptr && claims.histogram.value != own.histogram) {
      options[{family, claims.histogram.rule}].push_back(rule.get());
    }
    if (own.summary != nullptr && claims.summary.value != own.summary) {
      options[{family, claims.summary.rule}].push_back(rule.get());
    }
  }
  LintUnheard(set, helps, "help texts", findings);
  LintUnheard(set, options, "sets of buckets or quantiles", findings);
}

}  // namespace

std::vector<std::string> Mapper::Lint() const {
  std::vector<std::string> findings;
  LintReferences(*set_, &findings);
  LintReserved(*set_, &findings);
  LintReach(*set_, &findings);
  LintFamilies(*set_, &findings);
  return findings;
}

}  // namespace weir
