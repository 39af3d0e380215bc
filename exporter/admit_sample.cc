#include "exporter/admit_sample.h"

#include <string>

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

std::string IdentityOf(const Rule* rule) {
  if (rule == nullptr) return {};
  std::string identity = rule->glob ? "glob " : "regex ";
  identity.append(std::to_string(rule->kinds)).append(" ").append(rule->match);
  for (const LabelCondition& condition : rule->conditions) {
    identity.append("\n").append(condition.name).append("=").append(condition.value.pattern());
  }
  return identity;
}

}  // namespace

EventKind EventKindOf(SampleType type) {
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

Refusal AdmitSample(const Resolution& resolution, const Sample& sample, SeriesTable* table,
                    SeriesHandle* handle) {
  if (resolution.verdict == Resolution::Verdict::kEmptyName) return Refusal::kEmptyName;
  const SeriesPolicy& policy = resolution.policy;
  const SeriesKind kind = SeriesKindOf(sample.type, policy.type);
  if (kind == SeriesKind::kCounter && sample.value * policy.scale < 0) {
    return Refusal::kNegativeCounter;
  }
  return table->Admit(resolution.family, resolution.labels, kind, policy, handle);
}

uint16_t PlanOf(const Resolution& resolution, SeriesTable* table) {
  const SeriesPolicy& policy = resolution.policy;
  return table->PlanFor(IdentityOf(resolution.rule), {policy.ttl, policy.scale});
}

}  // namespace weir
