#include "exporter/collected.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "common/check.h"
#include "exporter/label_text.h"

namespace weir {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

bool SeriesBefore(const ClientMetric& a, const ClientMetric& b) {
  if (a.label.size() != b.label.size()) return a.label.size() < b.label.size();
  return std::lexicographical_compare(
      a.label.begin(), a.label.end(), b.label.begin(), b.label.end(),
      [](const auto& x, const auto& y) { return x.value < y.value; });
}

void Join(MetricFamily more, MetricFamily* family) {
  WEIR_CHECK(more.type == family->type);
  std::move(more.metric.begin(), more.metric.end(), std::back_inserter(family->metric));
}

MetricType TypeOf(const MetricFamily& family) {
  switch (family.type) {
    case prometheus::MetricType::Counter:
      return MetricType::kCounter;
    case prometheus::MetricType::Summary:
      return MetricType::kSummary;
    case prometheus::MetricType::Histogram:
      return MetricType::kHistogram;
    case prometheus::MetricType::Gauge:
      return MetricType::kGauge;
    case prometheus::MetricType::Untyped:
      break;
  }
  WEIR_CHECK(false);  // nothing of ours is untyped
}

void RenderSummary(std::string_view name, std::string_view labels,
                   const ClientMetric::Summary& summary, const Exposition& exposition,
                   std::string* out) {
  std::vector<Objective> objectives;
  std::vector<double> values;
  for (const auto& quantile : summary.quantile) {
    objectives.push_back({quantile.quantile, 0});
    values.push_back(quantile.value);
  }
  exposition.Summary(name, labels, {objectives, values, summary.sample_sum, summary.sample_count},
                     out);
}

void RenderHistogram(std::string_view name, std::string_view labels,
                     const ClientMetric::Histogram& histogram, const Exposition& exposition,
                     std::string* out) {
  std::vector<double> bounds;
  std::vector<uint64_t> counts;
  uint64_t before = 0;
  for (const auto& bucket : histogram.bucket) {
    if (std::isinf(bucket.upper_bound)) break;
    bounds.push_back(bucket.upper_bound);
    counts.push_back(bucket.cumulative_count - before);
    before = bucket.cumulative_count;
  }
  exposition.Histogram(name, labels, {bounds, counts, histogram.sample_sum, histogram.sample_count},
                       out);
}

void RenderSeries(const FamilyHead& head, std::string_view labels, const ClientMetric& series,
                  const Exposition& exposition, std::string* out) {
  switch (head.type) {
    case MetricType::kCounter:
      return exposition.Counter(head.name, labels, series.counter.value, out);
    case MetricType::kGauge:
      return exposition.Gauge(head.name, labels, series.gauge.value, out);
    case MetricType::kSummary:
      return RenderSummary(head.name, labels, series.summary, exposition, out);
    case MetricType::kHistogram:
      return RenderHistogram(head.name, labels, series.histogram, exposition, out);
  }
}

}  // namespace

std::vector<MetricFamily> SortCollected(std::vector<MetricFamily> families) {
  std::stable_sort(families.begin(), families.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<MetricFamily> sorted;
  for (MetricFamily& family : families) {
    if (family.metric.empty()) continue;
    if (!sorted.empty() && sorted.back().name == family.name) {
      Join(std::move(family), &sorted.back());
    } else {
      sorted.push_back(std::move(family));
    }
  }
  for (MetricFamily& family : sorted) {
    for (ClientMetric& series : family.metric) {
      std::sort(series.label.begin(), series.label.end());
    }
    std::stable_sort(family.metric.begin(), family.metric.end(), SeriesBefore);
  }
  return sorted;
}

void RenderCollected(const MetricFamily& family, bool stem_taken, const Exposition& exposition,
                     std::string* out) {
  const FamilyHead head = {
      .name = family.name, .type = TypeOf(family), .help = family.help, .stem_taken = stem_taken};
  const size_t mark = exposition.Begin(head, out);
  std::vector<Label> labels;
  std::string label_text;
  for (const ClientMetric& series : family.metric) {
    labels.clear();
    for (const auto& label : series.label) labels.push_back({label.name, label.value});
    label_text.clear();
    AppendLabels(labels, &label_text);
    RenderSeries(head, label_text, series, exposition, out);
  }
  exposition.End(mark, out);
}

}  // namespace weir
