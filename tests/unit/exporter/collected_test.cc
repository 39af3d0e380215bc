#include "exporter/collected.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

ClientMetric Counted(std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  return metric;
}

MetricFamily Counters(std::string name, std::vector<ClientMetric> metrics) {
  return {std::move(name), "h", prometheus::MetricType::Counter, std::move(metrics)};
}

std::string Page(std::vector<MetricFamily> families, Format format = Format::kText) {
  std::string out;
  for (const MetricFamily& family : SortCollected(std::move(families))) {
    RenderCollected(family, false, Exposition::For(format), &out);
  }
  return out;
}

TEST_CASE("collected families come in name order, empty ones not at all", "[collected]") {
  CHECK(Page({Counters("b_total", {Counted({}, 1)}), Counters("a_total", {Counted({}, 2)}),
              Counters("c_total", {})}) ==
        "# HELP a_total h\n# TYPE a_total counter\na_total 2\n"
        "# HELP b_total h\n# TYPE b_total counter\nb_total 1\n");
}

TEST_CASE("collected labels are sorted, series by their number of labels, then values",
          "[collected]") {
  CHECK(Page({Counters("a", {Counted({{"z", "1"}, {"b", "2"}}, 1), Counted({{"c", "9"}}, 2),
                             Counted({{"b", "1"}, {"z", "2"}}, 3), Counted({{"b", "7"}}, 4),
                             Counted({{"b", "1"}, {"z", "1"}}, 5)})}) ==
        "# HELP a h\n# TYPE a counter\n"
        "a{b=\"7\"} 4\n"
        "a{c=\"9\"} 2\n"
        "a{b=\"1\",z=\"1\"} 5\n"
        "a{b=\"1\",z=\"2\"} 3\n"
        "a{b=\"2\",z=\"1\"} 1\n");
}

TEST_CASE("several collected families of a name are joined", "[collected]") {
  CHECK(Page({Counters("a", {Counted({{"x", "2"}}, 2)}), Counters("b", {Counted({}, 3)}),
              Counters("a", {Counted({{"x", "1"}}, 1)})}) ==
        "# HELP a h\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2\n"
        "# HELP b h\n# TYPE b counter\nb 3\n");
}

TEST_CASE("every collected type is written like a user's series", "[collected]") {
  MetricFamily gauge = {"g", "line\nbreak", prometheus::MetricType::Gauge, {ClientMetric()}};
  gauge.metric[0].gauge.value = 0.1 + 0.2;
  MetricFamily summary = {"s", "h", prometheus::MetricType::Summary, {ClientMetric()}};
  summary.metric[0].summary.sample_count = 1000000;
  summary.metric[0].summary.sample_sum = 5;
  summary.metric[0].summary.quantile = {{0.5, 1}, {0.99, 2}};
  MetricFamily histogram = {"t", "h", prometheus::MetricType::Histogram, {ClientMetric()}};
  histogram.metric[0].label = {{"a", "quo\"te"}};
  histogram.metric[0].histogram.sample_count = 7;
  histogram.metric[0].histogram.sample_sum = 9.5;
  histogram.metric[0].histogram.bucket = {
      {2, 0.1}, {5, 1}, {7, std::numeric_limits<double>::infinity()}};
  CHECK(Page({gauge, summary, histogram}) ==
        "# HELP g line\\nbreak\n# TYPE g gauge\ng 0.30000000000000004\n"
        "# HELP s h\n# TYPE s summary\n"
        "s{quantile=\"0.5\"} 1\ns{quantile=\"0.99\"} 2\ns_sum 5\ns_count 1e+06\n"
        "# HELP t h\n# TYPE t histogram\n"
        "t_bucket{a=\"quo\\\"te\",le=\"0.1\"} 2\n"
        "t_bucket{a=\"quo\\\"te\",le=\"1\"} 5\n"
        "t_bucket{a=\"quo\\\"te\",le=\"+Inf\"} 7\n"
        "t_sum{a=\"quo\\\"te\"} 9.5\n"
        "t_count{a=\"quo\\\"te\"} 7\n");
}

TEST_CASE("a collected counter becomes unknown in OpenMetrics when its stem is taken",
          "[collected]") {
  const Exposition& openmetrics = Exposition::For(Format::kOpenMetrics);
  std::string out;
  RenderCollected(Counters("a_total", {Counted({}, 1)}), false, openmetrics, &out);
  RenderCollected(Counters("b_total", {Counted({}, 1)}), true, openmetrics, &out);
  CHECK(out ==
        "# HELP a h\n# TYPE a counter\na_total 1.0\n"
        "# HELP b_total h\n# TYPE b_total unknown\nb_total 1.0\n");
}

}  // namespace
}  // namespace weir
