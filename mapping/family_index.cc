#include "mapping/family_index.h"

#include "mapping/template.h"

namespace weir {
namespace {

template <class T>
void JoinOne(const Claim<T>& other, Claim<T>* own) {
  if (other.rule < own->rule) *own = other;
}

FamilyClaims ClaimsOf(const Rule& rule, uint32_t number) {
  FamilyClaims claims;
  claims.is_known = true;
  const SeriesPolicy& observer = rule.policy(EventKind::kObserver);
  if (rule.has_help) claims.help = {observer.help, number};
  if (!rule.Takes(EventKind::kObserver)) return claims;
  if (observer.summary != nullptr) claims.summary = {observer.summary, number};
  if (observer.histogram != nullptr) claims.histogram = {observer.histogram, number};
  return claims;
}

}  // namespace

void FamilyClaims::Join(const FamilyClaims& other) {
  is_known = is_known || other.is_known;
  JoinOne(other.help, &help);
  JoinOne(other.summary, &summary);
  JoinOne(other.histogram, &histogram);
}

void FamilyIndex::Add(const Rule& rule, uint32_t number) {
  if (rule.drops) return;
  const FamilyClaims claims = ClaimsOf(rule, number);
  if (rule.name.is_static()) {
    literal_[rule.name.literal()].Join(claims);
    return;
  }
  const std::string shape = rule.name.Shape();
  if (shape.find_first_not_of('*') == std::string::npos) {
    anything_.Join(claims);
    return;
  }
  const uint32_t id = shapes_.Add(shape);
  if (id == shape_claims_.size()) shape_claims_.emplace_back();
  shape_claims_[id].Join(claims);
}

FamilyClaims FamilyIndex::FindNamed(std::string_view family) const {
  FamilyClaims claims;
  const auto literal = literal_.find(family);
  if (literal != literal_.end()) claims = literal->second;
  WildcardIndex::Ids ids;
  shapes_.Find(family, &ids);
  for (uint32_t id : ids) claims.Join(shape_claims_[id]);
  return claims;
}

FamilyClaims FamilyIndex::Find(std::string_view family) const {
  const FamilyClaims claims = FindNamed(family);
  return claims.is_known ? claims : anything_;
}

void ApplyClaims(const FamilyClaims& claims, SeriesPolicy* policy) {
  if (!claims.is_known) return;
  policy->help = claims.help.value != nullptr ? claims.help.value : InternText(kDefaultHelp);
  if (policy->type == MetricType::kSummary && claims.summary.value != nullptr) {
    policy->summary = claims.summary.value;
  }
  if (policy->type == MetricType::kHistogram && claims.histogram.value != nullptr) {
    policy->histogram = claims.histogram.value;
  }
}

}  // namespace weir
