#include "exporter/explain.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "exporter/exchange.h"
#include "exporter/ingest.h"
#include "exporter/series_table.h"
#include "tests/support/catch.h"
#include "tests/support/line_cases.h"
#include "tests/support/page.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

using Catch::Matchers::Contains;

constexpr std::string_view kRules = R"(
mappings:
- match: foo
  match_metric_type: counter
  name: "mapped_${0}_total"
  ttl: 5m
  labels: {rule: one}
- match: foo
  match_metric_type: observer
  name: seconds
  observer_type: histogram
  histogram_options: {buckets: [0.1, 1]}
  scale: 0.001
- match: drop.*
  action: drop
  name: dropped
- match: 'gone\.(.*)'
  match_type: regex
  name: "$1"
- match: down
  name: down
  as: gauge
- match: minus
  name: minus
  scale: -1
)";

ExplainOptions With(std::string_view rules = "") {
  ExplainOptions options;
  options.mapper = rules.empty() ? std::make_shared<const Mapper>() : LoadText(rules).mapper;
  REQUIRE(options.mapper != nullptr);
  return options;
}

// What stands behind the facts.
std::string SeriesOf(const std::string& explanation) {
  const size_t gap = explanation.find("\n\n");
  return gap == std::string::npos ? "" : explanation.substr(gap + 2);
}

// What /metrics shows after an exporter received the line.
std::string Received(std::string_view line, const ExplainOptions& options) {
  const FakeClock clock;
  SeriesTable table({.set_window = options.set_window});
  for (const std::string& name : options.reserved_names) table.Reserve(name);
  Exchange exchange(1);
  Ingest ingest({.parser = options.parser}, 0, &table, &exchange, clock, [] {});
  ingest.SetMapper(options.mapper);
  ingest.OnDatagram(line, Transport::kUdp);
  ingest.OnBatchEnd();
  return PageOf(&table, Format::kText, clock.NowNanos());
}

TEST_CASE("the series explained are those that /metrics shows, for every known line", "[explain]") {
  size_t with_series = 0;
  for (const std::string_view rules : {std::string_view(), kRules}) {
    ExplainOptions options = With(rules);
    options.reserved_names = {"bar", "foo_sum"};
    for (const char* table : {"vectors.txt", "rows.txt", "deviations.txt"}) {
      for (const LineCase& row : ReadLineCases(table)) {
        CAPTURE(table, row.text, row.dialects, rules);
        options.parser = row.Options();
        const std::string explanation = Explain(row.line, options);
        const std::string page = Received(row.line, options);
        CHECK(SeriesOf(explanation) == page);
        CHECK((explanation.find("no series: ") == std::string::npos) == !page.empty());
        with_series += !page.empty();
      }
    }
  }
  CHECK(with_series > 300);
}

TEST_CASE("the series explained are those that /metrics shows, whatever the rules do",
          "[explain]") {
  const ExplainOptions options = With(kRules);
  const std::string_view lines[] = {
      "foo:1|c:2|c:-1|c",     "foo:1|c:2|g",        "foo:5|ms|@0.1:7|h",
      "drop.me:1|c",          "gone.:1|c",          "gone.x:1|c",
      "gone.x:-1|c",          "down:-5|c:-6|c",     "minus:1|c",
      "minus:1|g:-2|g",       "gone.:-1|c",         "other:1|g:+2|g:-5|g",
      "users:a|s:b|s:a|s",    "a:1|c|#le:1",        "a:1|h|#le:1",
      "a:1|c|#__name__:x",    "a:1|h\na_sum:1|g",   "a:1|g\na:2|h\na:3|g",
      "a:1|c\n\nb:1|c|#x:",   "a:nan|c:inf|c:+5|c", "a:1|c|#k:1,k:2,k-:3\n",
      "mapped_foo_total:1|c",
  };
  for (const std::string_view line : lines) {
    CAPTURE(line);
    CHECK(SeriesOf(Explain(line, options)) == Received(line, options));
  }
}

TEST_CASE("a line is explained fact by fact", "[explain]") {
  const MappingDir directory;
  ExplainOptions options;
  std::vector<std::string> warnings;
  options.mapper = Mapper::Load({directory.Write("m.yml", kRules)}, {}, &warnings).value();
  const std::string text = Explain("foo:320|h|@0.5|#env:prod,,\x1b:1|card:low", options);
  CHECK(Without(text, directory.path() + "/") ==
        "line: foo:320|h|@0.5|#env:prod,,\\x1b:1|card:low\n"
        "verdict: sampled\n"
        "sample 1: observer, value 320, weight 2\n"
        "sample 1 name: foo\n"
        "sample 1 tag: env=prod\n"
        "sample 1 tag: \\x1b=1\n"
        "sample 1 skipped tags: 1 (empty, or without a separator, a key or a value)\n"
        "sample 1 rule: m.yml:8 matched, match: foo\n"
        "sample 1 family: seconds (histogram)\n"
        "sample 1 label: _=\"1\"\n"
        "sample 1 label: env=\"prod\"\n"
        "sample 1 scale: 0.001\n"
        "sample 1 result: applied\n"
        "ignored: fields that are unknown or not wanted\n"
        "\n"
        "# HELP seconds Received over StatsD; no rule gives it a help text.\n"
        "# TYPE seconds histogram\n"
        "seconds_bucket{_=\"1\",env=\"prod\",le=\"0.1\"} 0\n"
        "seconds_bucket{_=\"1\",env=\"prod\",le=\"1\"} 2\n"
        "seconds_bucket{_=\"1\",env=\"prod\",le=\"+Inf\"} 2\n"
        "seconds_sum{_=\"1\",env=\"prod\"} 0.64\n"
        "seconds_count{_=\"1\",env=\"prod\"} 2\n");
}

TEST_CASE("samples are told apart by their number in the line", "[explain]") {
  const std::string text = Explain("foo:x|c:+2|g:y|c:z|q:3|c|@a", With(kRules));
  CHECK_THAT(text, Contains("\nsample 1 refused: malformed_value: "));
  CHECK_THAT(text, Contains("\nsample 2: gauge, value 2, relative\n"));
  CHECK_THAT(text, Contains("\nsample 2 rule: no rule matched\n"));
  CHECK_THAT(text, Contains("\nsamples 3-4 refused: 2 of them, malformed_value: "));
  CHECK_THAT(text, Contains("\nsample 5: counter, value 3\n"));
  CHECK_THAT(text, Contains("\nsample 5 ttl: 5m\n"));
  CHECK_THAT(text, Contains("\nignored: invalid_sample_factor: a rate behind @ is no number\n"));
  CHECK_THAT(text, Contains("\nmapped_foo_total{rule=\"one\"} 3\n"));
  CHECK_THAT(text, !Contains("no series"));
}

TEST_CASE("a line that makes no series says why", "[explain]") {
  ExplainOptions options = With(kRules);
  options.reserved_names = {"weir_lines_total"};
  const std::pair<std::string_view, std::string_view> lines[] = {
      {"", "no series: the line is empty\n"},
      {"_e{1,1}:a|b", "no series: the line is a DogStatsD event"},
      {"_sc|a|0", "no series: the line is a DogStatsD service check"},
      {"foo", "no series: malformed_line: it is not name:value|type"},
      {"\xff:1|c", "no series: malformed_line: it is not name:value|type in valid UTF-8"},
      {"a,b=c:1|c|#d:e", "no series: mixed_tagging_styles: "},
      {"foo:1", "no series: not_enough_parts_after_colon: no |type follows"},
      {"foo:1:x|c", "no series: invalid_extended_aggregate_type: "},
      {"foo:1|c||#a:b", "no series: malformed_component: "},
      {"foo:x|c", "no series: malformed_value: its value is no number"},
      {"foo:1|c|container", "no series: malformed_container_id: "},
      {"foo:1|q", "no series: illegal_event: its type is none of c, g, ms, h, d and s\n"},
      {"foo:1|ms|@2", "no series: void_sample_rate: "},
      {"drop.me:1|c", "no series: mapping_rule: dropped by rule "},
      {",a=b:1|c", "no series: empty_metric_name: nothing is left of the name"},
      {"gone.:1|c", "no series: empty_metric_name: the name that rule "},
      {"bar:-1|c", "no series: illegal_negative_counter: a counter only grows; send a gauge"},
      {"weir_lines_total:1|c", "no series: reserved_name: weir_lines_total is a metric of"},
      {"bar:1|c|#__a:b", "no series: illegal_label_name: label names that begin with __"},
      {"bar:1|h|#quantile:b", "no series: illegal_label_name: the labels le and quantile"},
  };
  for (const auto& [line, why] : lines) {
    CAPTURE(line);
    const std::string text = Explain(line, options);
    CHECK_THAT(text, Contains("\n" + std::string(why)));
    CHECK(SeriesOf(text).empty());
  }
  options.parser.sets = false;
  CHECK_THAT(Explain("foo:1|s", options),
             Contains("no series: illegal_event: its type is none of c, g, ms, h and d; sets"));
}

TEST_CASE("a conflict within the line is told beside the series that came", "[explain]") {
  const std::string text = Explain("a:1|c:2|g", With());
  CHECK_THAT(text, Contains("\nsample 2 refused: type_conflict: an earlier sample made a, "));
  CHECK(SeriesOf(text) == Received("a:1|c:2|g", With()));
}

}  // namespace
}  // namespace weir
