#include "exporter/admit_sample.h"

#include <string>
#include <utility>

namespace weir {
namespace {

SeriesKind SeriesKindOf(SampleType type, MetricType metric) {
  if (type == SampleType::kSet) return SeriesKind::kSet;
  switch (metric) {
    case MetricType::kCounter:
      return SeriesKind::kCounter;
    case MetricType::kGauge:
      return SeriesKind::kGauge;
    case MetricType::kSummary:
      return SeriesKind::kSummary;
    case MetricType::kHistogram:
      break;
  }
  return SeriesKind::kHistogram;
}

}  // namespace

Refusal AdmitSample(const Resolution& resolution, const Sample& sample, const Arrival& arrival,
                    SeriesTable* table, SeriesHandle* handle) {
  if (resolution.verdict == Resolution::Verdict::kEmptyName) return Refusal::kEmptyName;
  const SeriesPolicy& policy = resolution.policy;
  const SeriesKind kind = SeriesKindOf(sample.type, policy.type);
  if (kind == SeriesKind::kCounter && sample.value * policy.scale < 0) {
    return Refusal::kNegativeCounter;
  }
  return table->Admit(resolution.family, resolution.labels, kind, policy, handle, arrival);
}

uint16_t PlanOf(const Resolution& resolution, SeriesTable* table) {
  const SeriesPolicy& policy = resolution.policy;
  return table->PlanFor(resolution.rule == nullptr ? "" : resolution.rule->Identity(),
                        {policy.ttl, policy.scale});
}

void UpdatePlans(const Mapper& mapper, SeriesTable* table) {
  RulePlans plans;
  const auto add = [&plans](std::string identity, const SeriesPolicy& policy) {
    plans[std::move(identity)] = {policy.ttl, policy.scale};
  };
  add("", mapper.unmapped(EventKind::kCounter));
  mapper.VisitRules(
      [&](const Rule& rule) { add(rule.Identity(), rule.policy(EventKind::kCounter)); });
  table->UpdatePlans(plans);
}

}  // namespace weir
