#include "exporter/openmetrics_format.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

const Exposition& OpenMetrics() { return Exposition::For(Format::kOpenMetrics); }

std::string Head(const FamilyHead& head) {
  std::string out;
  OpenMetrics().End(OpenMetrics().Begin(head, &out), &out);
  return out;
}

std::string Value(double value) {
  std::string out;
  OpenMetrics().Gauge("g", "", value, &out);
  return out.substr(2, out.size() - 3);
}

TEST_CASE("a counter's OpenMetrics family is called without _total", "[openmetrics]") {
  CHECK(Head({.name = "x_total", .type = MetricType::kCounter, .help = "h"}) ==
        "# HELP x h\n# TYPE x counter\n");
  CHECK(Head({.name = "x_total_total", .type = MetricType::kCounter, .help = "h"}) ==
        "# HELP x_total h\n# TYPE x_total counter\n");
}

TEST_CASE("a counter that cannot be one in OpenMetrics is unknown and keeps its name",
          "[openmetrics]") {
  CHECK(Head({.name = "hits", .type = MetricType::kCounter, .help = "h"}) ==
        "# HELP hits h\n# TYPE hits unknown\n");
  CHECK(Head({.name = "_total", .type = MetricType::kCounter, .help = "h"}) ==
        "# HELP _total h\n# TYPE _total unknown\n");
  CHECK(Head({.name = "x_total", .type = MetricType::kCounter, .help = "h", .stem_taken = true}) ==
        "# HELP x_total h\n# TYPE x_total unknown\n");
}

TEST_CASE("other types keep their name whatever it ends in", "[openmetrics]") {
  CHECK(Head({.name = "x_total", .type = MetricType::kGauge, .help = "h"}) ==
        "# HELP x_total h\n# TYPE x_total gauge\n");
  CHECK(Head({.name = "x", .type = MetricType::kSummary, .help = "h"}) ==
        "# HELP x h\n# TYPE x summary\n");
  CHECK(Head({.name = "x", .type = MetricType::kHistogram, .help = "h"}) ==
        "# HELP x h\n# TYPE x histogram\n");
}

TEST_CASE("OpenMetrics HELP escapes quotes too", "[openmetrics]") {
  CHECK(Head({.name = "x", .type = MetricType::kGauge, .help = "a\nb\\c\"d"}) ==
        "# HELP x a\\nb\\\\c\\\"d\n# TYPE x gauge\n");
}

TEST_CASE("an OpenMetrics family that goes on in another slice is not opened again",
          "[openmetrics]") {
  CHECK(Head({.name = "x_total", .help = "h", .continued = true}).empty());
}

TEST_CASE("OpenMetrics values are floats", "[openmetrics]") {
  CHECK(Value(0) == "0.0");
  CHECK(Value(-0.0) == "0.0");
  CHECK(Value(1) == "1.0");
  CHECK(Value(-17) == "-17.0");
  CHECK(Value(999999) == "999999.0");
  CHECK(Value(1e6) == "1e+06");
  CHECK(Value(0.5) == "0.5");
  CHECK(Value(1e-5) == "1e-05");
  CHECK(Value(std::nan("")) == "NaN");
  CHECK(Value(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(Value(-std::numeric_limits<double>::infinity()) == "-Inf");
}

TEST_CASE("OpenMetrics counts are digits, `le` and `quantile` read as in the text format",
          "[openmetrics]") {
  const std::vector<Objective> objectives = {{0, 0}, {0.5, 0.05}, {1, 0}};
  const std::vector<double> values = {1, 2, 3.5};
  const std::vector<double> bounds = {1, 2.5, 1e6};
  const std::vector<uint64_t> counts = {1, 2, 1000000};
  std::string out;
  OpenMetrics().Summary("s", "", {objectives, values, 6, 1000000}, &out);
  OpenMetrics().Histogram("h", R"(a="b")", {bounds, counts, 6, 1000004}, &out);
  CHECK(out ==
        "s{quantile=\"0\"} 1.0\n"
        "s{quantile=\"0.5\"} 2.0\n"
        "s{quantile=\"1\"} 3.5\n"
        "s_sum 6.0\n"
        "s_count 1000000\n"
        "h_bucket{a=\"b\",le=\"1\"} 1\n"
        "h_bucket{a=\"b\",le=\"2.5\"} 3\n"
        "h_bucket{a=\"b\",le=\"1e+06\"} 1000003\n"
        "h_bucket{a=\"b\",le=\"+Inf\"} 1000004\n"
        "h_sum{a=\"b\"} 6.0\n"
        "h_count{a=\"b\"} 1000004\n");
}

TEST_CASE("a whole OpenMetrics page, with a name that clashes, ends in EOF", "[openmetrics]") {
  std::string out;
  const auto family = [&](const FamilyHead& head, double value) {
    const size_t mark = OpenMetrics().Begin(head, &out);
    OpenMetrics().Counter(head.name, "", value, &out);
    OpenMetrics().End(mark, &out);
  };
  family({.name = "a_total", .type = MetricType::kCounter, .help = "h"}, 1);
  family({.name = "x", .type = MetricType::kCounter, .help = "h"}, 2);
  family({.name = "x_total", .type = MetricType::kCounter, .help = "h", .stem_taken = true}, 3);
  OpenMetrics().EndPage(&out);
  CHECK(out ==
        "# HELP a h\n# TYPE a counter\na_total 1.0\n"
        "# HELP x h\n# TYPE x unknown\nx 2.0\n"
        "# HELP x_total h\n# TYPE x_total unknown\nx_total 3.0\n"
        "# EOF\n");
}

}  // namespace
}  // namespace weir
