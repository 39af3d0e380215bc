#include "mapping/mapper.h"

#include <algorithm>
#include <utility>

#include "mapping/compile.h"
#include "mapping/names.h"
#include "mapping/rule_set.h"

namespace weir {
namespace {

std::unique_ptr<const RuleSet> EmptyRuleSet(const MapperOptions& options) {
  auto set = std::make_unique<RuleSet>();
  Defaults defaults;
  defaults.ttl = options.default_ttl;
  set->unmapped = UnmappedPolicies(defaults);
  return set;
}

// Whether a tag key, once escaped, is `name`.
bool IsKeyOf(std::string_view key, std::string_view name) {
  if (key == name) return true;
  if (IsLegalName(key)) return false;
  std::string escaped;
  EscapeName(key, &escaped);
  return escaped == name;
}

bool Meets(const Rule& rule, std::span<const Tag> tags) {
  return std::all_of(
      rule.conditions.begin(), rule.conditions.end(), [&](const LabelCondition& condition) {
        return std::any_of(tags.begin(), tags.end(), [&](const Tag& tag) {
          return IsKeyOf(tag.key, condition.name) && condition.value.Matches(tag.value);
        });
      });
}

const Rule* FindGlob(const RuleSet& set, std::string_view name, EventKind kind,
                     std::span<const Tag> tags, Captures* captures) {
  const uint32_t found = set.globs.Find(
      name, kind, set.glob_order, [&](uint32_t rule) { return Meets(*set.rules[rule], tags); });
  if (found == GlobTrie::kNoRule) return nullptr;
  const Rule* rule = set.rules[found].get();
  rule->glob->Match(name, captures);
  return rule;
}

const Rule* FindRegex(const RuleSet& set, std::string_view name, EventKind kind,
                      std::span<const Tag> tags, Captures* captures) {
  if (set.regexes.empty()) return nullptr;
  std::vector<int> candidates;
  set.regexes.Find(name, &candidates);
  for (int candidate : candidates) {
    const Rule& rule = *set.rules[static_cast<size_t>(candidate)];
    if (rule.Takes(kind) && Meets(rule, tags) && rule.regex->Match(name, captures)) return &rule;
  }
  return nullptr;
}

void AddTags(std::span<const Tag> tags, std::vector<Label>* labels) {
  for (const Tag& tag : tags) {
    Label& label = labels->emplace_back();
    EscapeName(tag.key, &label.name);
    label.value = tag.value;
  }
}

// What the rule makes of the tags alone.
void ChangeTags(const Rule& rule, std::vector<Label>* labels) {
  const auto is_dropped = [&](const Label& label) {
    return std::find(rule.drop_labels.begin(), rule.drop_labels.end(), label.name) !=
           rule.drop_labels.end();
  };
  if (!rule.drop_labels.empty()) std::erase_if(*labels, is_dropped);
  for (Label& label : *labels) {
    for (const auto& [from, to] : rule.rename_labels) {
      if (label.name != from) continue;
      label.name = to;
      break;
    }
  }
}

void AddRuleLabels(const Rule& rule, const Captures& captures, std::vector<Label>* labels) {
  for (const LabelTemplate& wanted : rule.labels) {
    Label& label = labels->emplace_back();
    label.name = wanted.name;
    wanted.value.Expand({captures.data(), captures.size()}, &label.value);
  }
}

// Sorts by name; of several labels of one name the last one stays.
void SortLabels(std::vector<Label>* labels) {
  const auto by_name = [](const Label& a, const Label& b) { return a.name < b.name; };
  std::stable_sort(labels->begin(), labels->end(), by_name);
  size_t kept = 0;
  for (size_t i = 0; i < labels->size(); ++i) {
    const bool is_last = i + 1 == labels->size() || (*labels)[i].name != (*labels)[i + 1].name;
    if (!is_last) continue;
    if (kept != i) (*labels)[kept] = std::move((*labels)[i]);
    ++kept;
  }
  labels->resize(kept);
}

// The labels of a mapped series, in an order in which the last one of a name wins.
void BuildLabels(const Rule& rule, const Captures& captures, std::span<const Tag> tags,
                 std::vector<Label>* labels) {
  AddTags(tags, labels);
  ChangeTags(rule, labels);
  const auto tag_count = static_cast<std::ptrdiff_t>(labels->size());
  AddRuleLabels(rule, captures, labels);
  if (rule.honor_labels) {
    std::rotate(labels->begin(), labels->begin() + tag_count, labels->end());
  }
}

void EscapeFamily(std::string* family) {
  if (IsLegalName(*family)) return;
  const std::string raw = std::exchange(*family, {});
  EscapeName(raw, family);
}

}  // namespace

Mapper::Mapper(const MapperOptions& options) : set_(EmptyRuleSet(options)) {}
Mapper::Mapper(std::unique_ptr<const RuleSet> set) : set_(std::move(set)) {}
Mapper::~Mapper() = default;

void Mapper::Resolve(std::string_view statsd_name, EventKind kind, std::span<const Tag> tags,
                     Resolution* out) const {
  using Verdict = Resolution::Verdict;
  out->family.clear();
  out->labels.clear();
  Captures captures;
  const Rule* rule = FindGlob(*set_, statsd_name, kind, tags, &captures);
  if (rule == nullptr) rule = FindRegex(*set_, statsd_name, kind, tags, &captures);
  out->rule = rule;
  out->verdict = rule == nullptr ? Verdict::kUnmapped : Verdict::kMapped;
  if (rule != nullptr && rule->drops) {
    out->verdict = Verdict::kDropped;
    return;
  }
  if (rule != nullptr) {
    rule->name.Expand({captures.data(), captures.size()}, &out->family);
    BuildLabels(*rule, captures, tags, &out->labels);
  } else {
    out->family = statsd_name;
    AddTags(tags, &out->labels);
  }
  if (out->family.empty()) {
    out->verdict = Verdict::kEmptyName;
    return;
  }
  EscapeFamily(&out->family);
  SortLabels(&out->labels);
  out->policy = PolicyOf(out->family, rule, kind);
}

SeriesPolicy Mapper::PolicyOf(std::string_view family, const Rule* rule, EventKind kind) const {
  SeriesPolicy policy = rule != nullptr ? rule->policy(kind) : unmapped(kind);
  const FamilyIndex& families = set_->families;
  ApplyClaims(rule != nullptr ? families.Find(family) : families.FindNamed(family), &policy);
  return policy;
}

void Mapper::VisitRules(const std::function<void(const Rule&)>& visit) const {
  for (const auto& rule : set_->rules) visit(*rule);
}

const SeriesPolicy& Mapper::unmapped(EventKind kind) const {
  return set_->unmapped[static_cast<size_t>(kind)];
}

bool Mapper::MayExpire() const {
  const auto expires = [](const SeriesPolicy& policy) { return policy.ttl.count() > 0; };
  return std::any_of(set_->unmapped.begin(), set_->unmapped.end(), expires) ||
         std::any_of(set_->rules.begin(), set_->rules.end(), [&](const auto& rule) {
           return std::any_of(rule->policies.begin(), rule->policies.end(), expires);
         });
}

size_t Mapper::rule_count() const { return set_->rules.size(); }

}  // namespace weir
