// What rules inherit from `defaults`.

#include "mapping/compile.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

constexpr std::string_view kUsualBuckets = "buckets=0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10";

// The rule `a` with the given keys, under the given defaults, as an observer sees it.
std::string Observer(std::string_view defaults, std::string_view keys) {
  const Loaded loaded = LoadText("defaults: {" + std::string(defaults) +
                                 "}\nmappings:\n- {match: a, name: b, " + std::string(keys) + "}");
  INFO(defaults << " | " << keys);
  REQUIRE(loaded.errors.empty());
  const std::string answer = Resolved(*loaded.mapper, "a", EventKind::kObserver);
  REQUIRE(answer.starts_with("b {} "));
  return answer.substr(5);
}

TEST_CASE("an observer is a summary unless the rule or the defaults say otherwise", "[compile]") {
  CHECK(Observer("", "") == "summary");
  CHECK(Observer("observer_type: ''", "") == "summary");
  CHECK(Observer("observer_type: histogram", "") ==
        "histogram " + std::string(kUsualBuckets) + " factor=1.1 max=256");
  CHECK(Observer("observer_type: histogram", "observer_type: summary") == "summary");
  CHECK(Observer("observer_type: summary", "observer_type: histogram, histogram_options: {}") ==
        "histogram " + std::string(kUsualBuckets) + " factor=1.1 max=256");
}

TEST_CASE("histogram options not set in the rule come from the defaults", "[compile]") {
  constexpr std::string_view kDefaults =
      "observer_type: histogram, histogram_options: {buckets: [1, 2], "
      "native_histogram_bucket_factor: 1.5, native_histogram_max_buckets: 9}";
  CHECK(Observer(kDefaults, "") == "histogram buckets=1,2 factor=1.5 max=9");
  CHECK(Observer(kDefaults, "histogram_options: {buckets: [3]}") ==
        "histogram buckets=3 factor=1.5 max=9");
  CHECK(Observer(kDefaults, "histogram_options: {native_histogram_bucket_factor: 1}") ==
        "histogram buckets=1,2 factor=1 max=9");
  CHECK(Observer(kDefaults,
                 "histogram_options: {native_histogram_bucket_factor: 0, "
                 "native_histogram_max_buckets: 0, buckets: []}") ==
        "histogram buckets=1,2 factor=1.5 max=9");
}

TEST_CASE("an empty bucket list is the usual one, and a last infinite bound is dropped",
          "[compile]") {
  CHECK(Observer("observer_type: histogram, histogram_options: {buckets: []}", "") ==
        "histogram " + std::string(kUsualBuckets) + " factor=1.1 max=256");
  CHECK(Observer("observer_type: histogram", "histogram_options: {buckets: [1, .inf]}") ==
        "histogram buckets=1 factor=1.1 max=256");
}

TEST_CASE("summary options not set in the rule come from the defaults", "[compile]") {
  constexpr std::string_view kDefaults =
      "summary_options: {quantiles: [{quantile: 0.5, error: 0.1}], max_age: 1m, age_buckets: 3}";
  CHECK(Observer(kDefaults, "") == "summary quantiles=0.5/0.1; max_age=1m age_buckets=3");
  CHECK(Observer(kDefaults, "observer_type: summary, summary_options: {max_age: 2m}") ==
        "summary quantiles=0.5/0.1; max_age=2m age_buckets=3");
  CHECK(Observer(kDefaults, "summary_options: {quantiles: [{quantile: 0.9, error: 0}]}") ==
        "summary quantiles=0.9/0; max_age=1m age_buckets=3");
}

TEST_CASE("quantiles are sorted, and of one given twice the last error counts", "[compile]") {
  CHECK(Observer("",
                 "summary_options: {quantiles: [{quantile: 0.9, error: 0.2}, "
                 "{quantile: 0.1, error: 0.1}, {quantile: 0.9, error: 0.3}]}") ==
        "summary quantiles=0.1/0.1;0.9/0.3;");
}

TEST_CASE("without an observer type both sorts of options may stand side by side", "[compile]") {
  CHECK(Observer("", "summary_options: {max_age: 1s}, histogram_options: {buckets: [1]}") ==
        "summary max_age=1s");
  CHECK(Observer("", "observer_type: histogram, summary_options: ") ==
        "histogram " + std::string(kUsualBuckets) + " factor=1.1 max=256");
}

std::string Ttl(std::string_view defaults, std::string_view keys, std::string_view name,
                std::chrono::seconds by_flag = {}) {
  const LoadOptions options{.strict = false, .mapper = {.default_ttl = by_flag}};
  const Loaded loaded =
      LoadText("defaults: {" + std::string(defaults) + "}\nmappings:\n- {match: a, name: b, " +
                   std::string(keys) + "}",
               options);
  REQUIRE(loaded.mapper != nullptr);
  Resolution resolution;
  loaded.mapper->Resolve(name, EventKind::kCounter, {}, &resolution);
  return FormatDuration(resolution.policy.ttl);
}

TEST_CASE("an empty match_type is glob, whatever the defaults say", "[compile]") {
  CHECK(Observer("match_type: regex", "match_type: ''") == "summary");
  const Loaded loaded =
      LoadText("defaults: {match_type: regex}\nmappings:\n- {match: a, name: b, match_type: ''}");
  CHECK(Resolved(*loaded.mapper, "xa", EventKind::kObserver).find("b {}") == std::string::npos);
}

TEST_CASE("a TTL comes from the rule, else the defaults, else the flag", "[compile]") {
  using std::chrono::seconds;
  CHECK(Ttl("", "", "a") == "0s");
  CHECK(Ttl("ttl: 3h", "", "a") == "3h");
  CHECK(Ttl("ttl: 3h", "", "unmapped") == "3h");
  CHECK(Ttl("ttl: 3h", "ttl: 5s", "a") == "5s");
  CHECK(Ttl("ttl: 3h", "ttl: 0", "a") == "0s");
  CHECK(Ttl("ttl: 3h", "ttl: ", "a") == "3h");
  CHECK(Ttl("", "", "a", seconds(7)) == "7s");
  CHECK(Ttl("", "", "unmapped", seconds(7)) == "7s");
  CHECK(Ttl("ttl: 3h", "", "a", seconds(7)) == "3h");
  CHECK(Ttl("ttl: 0", "", "a", seconds(7)) == "0s");
  CHECK(Ttl("ttl: 0", "", "unmapped", seconds(7)) == "0s");
  CHECK(Ttl("", "ttl: 0", "a", seconds(7)) == "0s");
}

TEST_CASE("a negative default TTL holds for unmapped names only", "[compile]") {
  CHECK(Ttl("ttl: -5s", "", "a") == "0s");
  CHECK(Ttl("ttl: -5s", "", "unmapped") == "-5s");
  CHECK(Ttl("ttl: -5s", "ttl: -1s", "a") == "-1s");
}

TEST_CASE("a mapper without files gives the default TTL of the flag", "[compile]") {
  const Mapper mapper({.default_ttl = std::chrono::seconds(7)});
  Resolution resolution;
  mapper.Resolve("a-b", EventKind::kObserver, std::vector<Tag>{{"k", "v"}}, &resolution);
  CHECK(Describe(resolution, EventKind::kObserver) == "unmapped a_b {k=\"v\"} summary ttl=7s");
  CHECK(*resolution.policy.help == kDefaultHelp);
  CHECK(mapper.rule_count() == 0);
  CHECK(mapper.Lint().empty());
}

}  // namespace
}  // namespace weir
