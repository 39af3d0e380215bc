// What is said of broken and doubtful mapping files.

#include "mapping/config.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

using Lines = std::vector<std::string>;

struct BadFile {
  std::string_view text;
  std::string_view message;  // all of the error
};

// A rule that is fine, to append what is not.
#define RULE "mappings:\n- match: a\n  name: b\n  "

constexpr BadFile kBadFiles[] = {
    {"- a", "m.yml:1:1: the file: a list is not a map with `defaults` and `mappings`"},
    {"mappings: foo",
     "m.yml:1:11: mappings: `foo` is not a list of rules, each beginning with `- match: ...`"},
    {"mappings:\n  match: a",
     "m.yml:2:3: mappings: a map is not a list of rules, each beginning with `- match: ...`"},
    {"mappings: [x]",
     "m.yml:1:12: mappings: `x` is not a rule, which is a map with `match` and `name`"},
    {"defaults: 3", "m.yml:1:11: defaults: `3` is not a map of settings"},
    {"mappings:\n- match: a", "m.yml:2:3: a rule needs a `name`, also one with `action: drop`"},
    {"mappings:\n- match: a\n  action: drop",
     "m.yml:2:3: a rule needs a `name`, also one with `action: drop`"},
    {"mappings:\n- name: b",
     "m.yml:2:3: a glob rule needs a `match`, such as `match: app.*.requests`"},
    {"mappings:\n- match: a\n  name: 0foo",
     "m.yml:3:9: name `0foo`: letters, digits, `_` and references such as ${1} only, and no digit "
     "in front"},
    {"mappings:\n- match: a\n  name: \"b\\n\"",
     "m.yml:3:9: name `b\\n`: letters, digits, `_` and references such as ${1} only, and no digit "
     "in front"},
    {"mappings:\n- match: a..b\n  name: b",
     "m.yml:2:10: match `a..b`: a segment between dots is empty"},
    {"mappings:\n- {match: (a, name: b, match_type: regex}",
     "m.yml:2:11: match `(a`: missing ): (a; the syntax is RE2's"},
    {RULE "match_type: Glob", "m.yml:4:15: match_type: `Glob` is not glob or regex"},
    {RULE "action: DROP", "m.yml:4:11: action: `DROP` is not map or drop"},
    {RULE "observer_type: Histogram",
     "m.yml:4:18: observer_type: `Histogram` is not summary or histogram"},
    {RULE "match_metric_type: Counter",
     "m.yml:4:22: match_metric_type: `Counter` is not counter, gauge or observer"},
    {RULE "match_metric_type: ''",
     "m.yml:4:22: match_metric_type: the text `\"\"` is not counter, gauge or observer"},
    {RULE "honor_labels: 'yes'",
     "m.yml:4:17: honor_labels: the text `\"yes\"` is not true or false (without quotes)"},
    {RULE "ttl: 1d", "m.yml:4:8: ttl: `1d` is not a duration such as 30s, 5m or 1h30m"},
    {RULE "scale: '2'", "m.yml:4:10: scale: the text `\"2\"` is not a number (without quotes)"},
    {RULE "as: counter", "m.yml:4:7: as: `counter` is not gauge"},
    {RULE "as: gauge\n  match_metric_type: observer",
     "m.yml:4:7: as: gauge is for counters, which this rule's match_metric_type leaves out"},
    {RULE "help: [x]", "m.yml:4:9: help: a list is not a text"},
    {RULE "labels: x", "m.yml:4:11: labels: `x` is not a map such as {host: a}"},
    {RULE "labels: {host: [x]}", "m.yml:4:18: host: a list is not a text"},
    {RULE "labels: {a: x}",
     "m.yml:4:12: label name `a`: at least two letters, digits or `_`, and no digit in front"},
    {RULE "labels: {a-b: x}",
     "m.yml:4:12: label name `a-b`: at least two letters, digits or `_`, and no digit in front"},
    {RULE "labels: {__x: x}",
     "m.yml:4:12: label name `__x`: Prometheus keeps names that begin with `__` for itself; choose "
     "another"},
    {RULE "match_labels: {env: }",
     "m.yml:4:18: match_labels: `env` needs a value; `\"*\"` takes any"},
    {RULE "drop_labels: host",
     "m.yml:4:16: drop_labels: `host` is not a list of label names such as [host, pod]"},
    {RULE "drop_labels: ['']", "m.yml:4:16: drop_labels: an empty label name"},
    {RULE "rename_labels: {a: 0b}",
     "m.yml:4:19: rename_labels: `0b` is no label name: letters, digits and `_` only, no digit and "
     "no `__` in front"},
    {RULE "summary_options: 5", "m.yml:4:20: summary_options: `5` is not a map of options"},
    {RULE "summary_options: {quantiles: [0.5]}",
     "m.yml:4:33: quantiles: `0.5` is not a list such as [{quantile: 0.99, error: 0.001}]"},
    {RULE "summary_options: {quantiles: [{quantile: 99, error: 0.1}]}",
     "m.yml:4:33: quantiles: a quantile and its error lie between 0 and 1 (0.99, not 99)"},
    {RULE "summary_options: {max_age: -1s}", "m.yml:4:30: max_age: cannot be negative"},
    {RULE "summary_options: {age_buckets: -1}",
     "m.yml:4:34: age_buckets: `-1` is not a whole number from 0 to 4294967295"},
    {RULE "observer_type: histogram\n  summary_options: {}",
     "m.yml:5:20: summary_options in a rule whose observer_type is histogram; remove them or write "
     "`observer_type: summary`"},
    {"defaults: {observer_type: summary}\n" RULE "histogram_options: {}",
     "m.yml:5:22: histogram_options in a rule whose observer_type is summary; remove them or write "
     "`observer_type: histogram`"},
    {RULE "histogram_options: {buckets: [1, 3, 2]}",
     "m.yml:4:32: buckets: bound 3 is not greater than the one before it; write them in ascending "
     "order, each once"},
    {RULE "histogram_options: {buckets: [1, 1]}",
     "m.yml:4:32: buckets: bound 2 is not greater than the one before it; write them in ascending "
     "order, each once"},
    {RULE "histogram_options: {buckets: [a]}",
     "m.yml:4:33: buckets: `a` is not a number (without quotes)"},
    {RULE "observer_type: histogram\n  buckets: [1]\n  histogram_options: {buckets: [2]}",
     "m.yml:5:12: buckets are given here and in histogram_options; keep the latter"},
    {RULE "quantiles: [{quantile: 0.5}]\n  summary_options: {quantiles: []}",
     "m.yml:4:14: quantiles are given here and in summary_options; keep the latter"},
    {"mappings:\n- match: *.signup.*\n  name: x",
     "m.yml:2:10: `*.signup.*` is read as a YAML alias; quote a text that starts with *"},
};

TEST_CASE("each broken file is refused with its place, its text and what would be right",
          "[config]") {
  for (const BadFile& bad : kBadFiles) {
    INFO(bad.text);
    const Loaded loaded = LoadText(bad.text);
    CHECK(loaded.mapper == nullptr);
    CHECK(loaded.errors == Lines{std::string(bad.message)});
  }
}

TEST_CASE("all errors of a file are reported at once, in its order", "[config]") {
  const Loaded loaded = LoadText(
      "mappings:\n- match: a..b\n  name: x y\n  labels: {0: z}\n- match: ok\n  name: ok\n- match: "
      "c\n"
      "  name: c\n  ttl: 1d\n");
  REQUIRE(loaded.errors.size() == 4);
  CHECK(loaded.errors[0].starts_with("m.yml:2:10: match `a..b`"));
  CHECK(loaded.errors[1].starts_with("m.yml:3:9: name `x y`"));
  CHECK(loaded.errors[2].starts_with("m.yml:4:12: label name `0`"));
  CHECK(loaded.errors[3].starts_with("m.yml:9:8: ttl: `1d`"));
}

TEST_CASE("an unknown key is a warning that guesses, and an error when strict", "[config]") {
  const std::string_view text = RULE "time_type: histogram\n  min_max: true\n";
  const Loaded loaded = LoadText(text);
  REQUIRE(loaded.mapper != nullptr);
  REQUIRE(loaded.warnings.size() == 2);
  CHECK(loaded.warnings[0] ==
        "m.yml:4:3: unknown key `time_type` in a rule; did you mean `timer_type`?");
  CHECK(
      loaded.warnings[1].starts_with("m.yml:5:3: unknown key `min_max` in a rule. "
                                     "Known are match name labels"));
  CHECK(LoadText(text, {.strict = true, .mapper = {}}).errors == loaded.warnings);
}

TEST_CASE("a label given twice takes the last value, with a warning", "[config]") {
  const Loaded loaded = LoadText(RULE "labels: {aa: x, aa: y}");
  CHECK(loaded.warnings ==
        Lines{"m.yml:4:19: key `aa` is given twice, first in line 4; the last one counts"});
  CHECK(Resolved(*loaded.mapper, "a") == "b {aa=\"y\"}");
  CHECK(LoadText(RULE "labels: {aa: x, aa: y}", {.strict = true, .mapper = {}}).errors ==
        loaded.warnings);
}

TEST_CASE("retired keys work with a warning, also when strict", "[config]") {
  const Loaded loaded = LoadText(
      "defaults: {timer_type: histogram, buckets: [.025, 1_000]}\nmappings:\n"
      "- {match: a, name: a}\n"
      "- {match: b, name: b, timer_type: summary, quantiles: [{quantile: 0.5, error: 0.1}]}\n"
      "- {match: c, name: c, buckets: [1]}\n"
      "- {match: d, name: d, match_metric_type: timer}\n"
      "- {match: e, name: e, timer_type: summary, observer_type: histogram}\n",
      {.strict = true, .mapper = {}});
  REQUIRE(loaded.mapper != nullptr);
  CHECK(loaded.warnings.size() == 7);
  CHECK(loaded.warnings.at(0) == "m.yml:1:24: `timer_type` is deprecated; write `observer_type`");
  const auto observed = [&](std::string_view name) {
    return Resolved(*loaded.mapper, name, EventKind::kObserver);
  };
  CHECK(observed("x") == "unmapped x {} histogram buckets=0.025,1000 factor=1.1 max=256");
  CHECK(observed("a") == "a {} histogram buckets=0.025,1000 factor=1.1 max=256");
  CHECK(observed("b") == "b {} summary quantiles=0.5/0.1;");
  CHECK(observed("c") == "c {} histogram buckets=1 factor=1.1 max=256");
  CHECK(observed("d") == "d {} histogram buckets=0.025,1000 factor=1.1 max=256");
  CHECK(observed("e") == "e {} histogram buckets=0.025,1000 factor=1.1 max=256");
  CHECK(Resolved(*loaded.mapper, "d") == "unmapped d {}");
}

TEST_CASE("a file may be empty, a lone separator, `mappings:` alone or only `defaults:`",
          "[config]") {
  for (std::string_view text :
       {"", "---", "{}", "mappings:", "mappings: []", "defaults:", "defaults: {}", "# nothing\n"}) {
    INFO(text);
    const Loaded loaded = LoadText(text);
    REQUIRE(loaded.mapper != nullptr);
    CHECK(loaded.warnings.empty());
    CHECK(loaded.mapper->rule_count() == 0);
    CHECK(Resolved(*loaded.mapper, "a.b") == "unmapped a_b {}");
  }
  const Loaded defaults = LoadText("defaults: {ttl: 3h, observer_type: histogram}");
  CHECK(Resolved(*defaults.mapper, "a") == "unmapped a {} ttl=3h");
  CHECK(
      Resolved(*defaults.mapper, "a", EventKind::kObserver).starts_with("unmapped a {} histogram"));
}

TEST_CASE("label values keep their letters, and an empty one is the empty text", "[config]") {
  const Loaded loaded =
      LoadText(RULE "labels: {aa: 1.50, bb: yes, cc: , dd: ~, ee: null, ff: 0x10, gg: \"1\"}");
  CHECK(Resolved(*loaded.mapper, "a") ==
        "b {aa=\"1.50\",bb=\"yes\",cc=\"\",dd=\"\",ee=\"\",ff=\"0x10\",gg=\"1\"}");
}

TEST_CASE("CRLF, a byte order mark and alphabetical keys load", "[config]") {
  const Loaded loaded = LoadText(
      "\xEF\xBB\xBF"
      "mappings:\r\n - help: see x.html#stat-a<b>\r\n   labels:\r\n     host: $1\r\n"
      "   match: a.*\r\n   name: b");
  REQUIRE(loaded.mapper != nullptr);
  CHECK(loaded.warnings.empty());
  CHECK(Resolved(*loaded.mapper, "a.web") == "b {host=\"web\"}");
}

TEST_CASE("a negative TTL is a warning", "[config]") {
  CHECK(LoadText(RULE "ttl: -5s").warnings ==
        Lines{"m.yml:4:8: ttl: a negative TTL means never; write `ttl: 0`"});
}

}  // namespace
}  // namespace weir
