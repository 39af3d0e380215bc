#include "exporter/text_format.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

const Exposition& Text() { return Exposition::For(Format::kText); }

std::string Head(const FamilyHead& head) {
  std::string out;
  Text().End(Text().Begin(head, &out), &out);
  return out;
}

const std::vector<Objective> kObjectives = {{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}};

TEST_CASE("a text family opens with HELP and TYPE", "[text]") {
  CHECK(Head({.name = "foo", .type = MetricType::kCounter, .help = "Some help."}) ==
        "# HELP foo Some help.\n# TYPE foo counter\n");
  CHECK(Head({.name = "foo", .type = MetricType::kGauge, .help = "h"}) ==
        "# HELP foo h\n# TYPE foo gauge\n");
  CHECK(Head({.name = "foo", .type = MetricType::kSummary, .help = "h"}) ==
        "# HELP foo h\n# TYPE foo summary\n");
  CHECK(Head({.name = "foo", .type = MetricType::kHistogram, .help = "h"}) ==
        "# HELP foo h\n# TYPE foo histogram\n");
}

TEST_CASE("HELP escapes backslash and LF and leaves quotes alone", "[text]") {
  CHECK(Head({.name = "foo", .help = "a\nb\\c\"d"}) ==
        "# HELP foo a\\nb\\\\c\"d\n# TYPE foo counter\n");
  CHECK(Head({.name = "foo", .help = "\n\\"}) == "# HELP foo \\n\\\\\n# TYPE foo counter\n");
  CHECK(Head({.name = "foo", .help = "\r\t\xc3\xa9"}) ==
        "# HELP foo \r\t\xc3\xa9\n# TYPE foo counter\n");
  CHECK(Head({.name = "foo", .help = ""}) == "# HELP foo \n# TYPE foo counter\n");
}

TEST_CASE("a text family that goes on in another slice is not opened again", "[text]") {
  CHECK(Head({.name = "foo", .help = "h", .continued = true}).empty());
}

TEST_CASE("a counter or gauge is one text line, with braces only around labels", "[text]") {
  std::string out;
  Text().Counter("hits", "", 1, &out);
  Text().Counter("hits_total", R"(a="b",c="d")", 1e6, &out);
  Text().Gauge("level", R"(a="\\\n\"")", -0.5, &out);
  Text().Gauge("level", "", std::nan(""), &out);
  Text().Gauge("level", "", -std::numeric_limits<double>::infinity(), &out);
  CHECK(out ==
        "hits 1\n"
        "hits_total{a=\"b\",c=\"d\"} 1e+06\n"
        "level{a=\"\\\\\\n\\\"\"} -0.5\n"
        "level NaN\n"
        "level -Inf\n");
}

TEST_CASE("a text summary shows its quantiles, then sum and count", "[text]") {
  const std::vector<double> values = {1, 2.5, 1e7};
  std::string out;
  Text().Summary("s", "", {kObjectives, values, 12345678, 1000000}, &out);
  CHECK(out ==
        "s{quantile=\"0.5\"} 1\n"
        "s{quantile=\"0.9\"} 2.5\n"
        "s{quantile=\"0.99\"} 1e+07\n"
        "s_sum 1.2345678e+07\n"
        "s_count 1e+06\n");
}

TEST_CASE("the synthetic label of a text line stands last", "[text]") {
  const std::vector<double> none(3, std::nan(""));
  std::string out;
  Text().Summary("s", R"(z="1")", {kObjectives, none, 0.3, 2}, &out);
  const std::vector<double> bounds = {0.25, 2};
  const std::vector<uint64_t> counts = {1, 0};
  Text().Histogram("h", R"(t="v")", {bounds, counts, 8, 3}, &out);
  CHECK(out ==
        "s{z=\"1\",quantile=\"0.5\"} NaN\n"
        "s{z=\"1\",quantile=\"0.9\"} NaN\n"
        "s{z=\"1\",quantile=\"0.99\"} NaN\n"
        "s_sum{z=\"1\"} 0.3\n"
        "s_count{z=\"1\"} 2\n"
        "h_bucket{t=\"v\",le=\"0.25\"} 1\n"
        "h_bucket{t=\"v\",le=\"2\"} 1\n"
        "h_bucket{t=\"v\",le=\"+Inf\"} 3\n"
        "h_sum{t=\"v\"} 8\n"
        "h_count{t=\"v\"} 3\n");
}

TEST_CASE("a text summary without objectives is sum and count", "[text]") {
  std::string out;
  Text().Summary("s", "", {{}, {}, 1, 1}, &out);
  CHECK(out == "s_sum 1\ns_count 1\n");
}

TEST_CASE("text buckets are summed up and `le` is written as the peer writes it", "[text]") {
  const std::vector<double> bounds = {-1, 0, 0.00001, 0.005, 1, 10, 100000, 1e6, 2.5e6};
  const std::vector<uint64_t> counts = {1, 2, 0, 0, 3, 1000000, 0, 0, 1};
  NativeHistogram native(1.1, 256);
  native.Observe(1, 1);
  std::string out;
  Text().Histogram("h", "", {bounds, counts, -0.0, 1000008, &native}, &out);
  CHECK(out ==
        "h_bucket{le=\"-1\"} 1\n"
        "h_bucket{le=\"0\"} 3\n"
        "h_bucket{le=\"1e-05\"} 3\n"
        "h_bucket{le=\"0.005\"} 3\n"
        "h_bucket{le=\"1\"} 6\n"
        "h_bucket{le=\"10\"} 1.000006e+06\n"
        "h_bucket{le=\"100000\"} 1.000006e+06\n"
        "h_bucket{le=\"1e+06\"} 1.000006e+06\n"
        "h_bucket{le=\"2.5e+06\"} 1.000007e+06\n"
        "h_bucket{le=\"+Inf\"} 1.000008e+06\n"
        "h_sum 0\n"
        "h_count 1.000008e+06\n");
}

TEST_CASE("the longest numbers fit their lines", "[text]") {
  const double longest = -2.2250738585072014e-308;
  const std::vector<Objective> objectives(50, {longest, 0});
  const std::vector<double> values(50, longest);
  std::string out;
  Text().Summary("s", "", {objectives, values, longest, UINT64_MAX}, &out);
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    expected += "s{quantile=\"-2.2250738585072014e-308\"} -2.2250738585072014e-308\n";
  }
  CHECK(out == expected + "s_sum -2.2250738585072014e-308\ns_count 1.8446744073709552e+19\n");
}

TEST_CASE("a text page has no end mark", "[text]") {
  std::string out;
  Text().EndPage(&out);
  CHECK(out.empty());
}

}  // namespace
}  // namespace weir
