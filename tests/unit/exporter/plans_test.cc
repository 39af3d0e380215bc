#include "exporter/plans.h"

#include <string>

#include "exporter/series_table.h"
#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {
namespace {

using std::chrono::seconds;

std::string Nth(const std::string& file, size_t i) { return file + " " + std::to_string(i); }

TEST_CASE("a plan is remembered by its rule", "[plans]") {
  Plans plans;
  CHECK(plans.Of("", {}) == 0);
  const uint16_t a = plans.Of("a", {.scale = 2});
  CHECK(a != plans.Of("b", {.scale = 2}));
  CHECK(plans.Of("a", {.scale = 3}) == a);
  CHECK(plans[a].scale == 3);
  CHECK(plans.RuleOf(a) == "a");
}

TEST_CASE("with more rules than plans each still has its scale and its ttl", "[plans]") {
  Plans plans;
  for (size_t i = 0; i < 70'000; ++i) {
    const Plan wanted = {.ttl = seconds(i % 7), .scale = i % 5 + 0.5};
    const uint16_t id = plans.Of(Nth("rule", i), wanted);
    if (plans[id].ttl != wanted.ttl || plans[id].scale != wanted.scale) FAIL(i);
  }
  CHECK(plans.size() == Plans::kOwnPlans + 35);
}

TEST_CASE("a shared plan is changed by no rule", "[plans]") {
  Plans plans;
  for (size_t i = 0; !plans.full(); ++i) plans.Of(Nth("rule", i), {});
  const uint16_t shared = plans.Of("late", {.scale = 2});
  CHECK(plans.Of("later", {.scale = 2}) == shared);
  CHECK(plans.Of("late", {.scale = 3}) != shared);
  plans.Update("late", {.scale = 4});
  CHECK(plans[shared].scale == 2);
}

TEST_CASE("the plan of no rule is what is left when the pairs run out too", "[plans]") {
  Plans plans;
  for (size_t i = 0; i < UINT16_MAX; ++i) {
    if (plans.Of(Nth("rule", i), {.scale = i + 2.0}) == 0) FAIL(i);
  }
  CHECK(plans.Of("one more", {.scale = 0.5}) == 0);
  CHECK(plans.Of("rule 5", {.scale = 7}) == 6);
}

TEST_CASE("reloads of files made anew never run out of plans", "[plans]") {
  SeriesTable table({});
  for (int file = 0; file < 4; ++file) {
    RulePlans rules;
    for (size_t i = 0; i < 30'000; ++i) rules[Nth(std::to_string(file), i)] = {.scale = file + 2.0};
    table.UpdatePlans(rules);
    for (const auto& [rule, plan] : rules) {
      const uint16_t id = table.PlanFor(rule, plan);
      if (id > Plans::kOwnPlans) FAIL(rule);
    }
  }
}

TEST_CASE("series keep their plans when others are given up", "[plans]") {
  SeriesTable table({});
  FakeClock clock;
  const Plan brief = {.ttl = seconds(1)}, lasting = {.ttl = seconds(3)};
  Feed(&table, kGauge, "gone", {}, 1, clock.NowNanos(), table.PlanFor("gone", lasting));
  Feed(&table, kGauge, "kept", {}, 1, clock.NowNanos(), table.PlanFor("kept", brief));
  for (size_t i = 0; i < Plans::kOwnPlans; ++i) table.PlanFor(Nth("old", i), {});

  table.UpdatePlans({{"kept", brief}});
  table.UpdatePlans({{"kept", lasting}});
  for (int i = 0; i < 3; ++i) PassSecond(&table, &clock);
  CHECK(table.series_count() == 2);
  PassSecond(&table, &clock);
  CHECK(table.series_count() == 0);
}

}  // namespace
}  // namespace weir
