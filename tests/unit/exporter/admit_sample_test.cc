#include "exporter/admit_sample.h"

#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/admission.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

struct Admitting {
  explicit Admitting(std::string_view rules = "") {
    mapper = rules.empty() ? std::make_shared<const Mapper>() : LoadText(rules).mapper;
    REQUIRE(mapper != nullptr);
  }

  Refusal Admit(std::string_view name, SampleType type, double value,
                const std::vector<Tag>& tags = {}) {
    mapper->Resolve(name, EventKindOf(type), tags, &resolution);
    return AdmitSample(resolution, SampleOf(type, value), {}, &table, &handle);
  }

  std::shared_ptr<const Mapper> mapper;
  SeriesTable table{SeriesTableOptions{}};
  Resolution resolution;
  SeriesHandle handle{};
};

TEST_CASE("each type of sample becomes its kind of series", "[admit_sample]") {
  Admitting a(
      "mappings:\n- match: h\n  name: h\n  observer_type: histogram\n"
      "- match: down\n  name: down\n  as: gauge\n");
  CHECK(a.Admit("c", SampleType::kCounter, 1) == Refusal::kNone);
  CHECK(a.Admit("g", SampleType::kGauge, -1) == Refusal::kNone);
  CHECK(a.Admit("s", SampleType::kSet, 0) == Refusal::kNone);
  CHECK(a.Admit("o", SampleType::kObserver, 1) == Refusal::kNone);
  CHECK(a.Admit("h", SampleType::kObserver, 1) == Refusal::kNone);
  CHECK(a.Admit("down", SampleType::kCounter, -1) == Refusal::kNone);
  const std::pair<SeriesKind, size_t> counts[] = {{SeriesKind::kCounter, 1},
                                                  {SeriesKind::kGauge, 2},
                                                  {SeriesKind::kSet, 1},
                                                  {SeriesKind::kSummary, 1},
                                                  {SeriesKind::kHistogram, 1}};
  for (const auto& [kind, count] : counts) CHECK(a.table.series_of_kind(kind) == count);
}

TEST_CASE("a counter that would go down makes no series", "[admit_sample]") {
  Admitting a("mappings:\n- match: minus\n  name: minus\n  scale: -1\n");
  CHECK(a.Admit("c", SampleType::kCounter, -1) == Refusal::kNegativeCounter);
  CHECK(a.Admit("minus", SampleType::kCounter, 1) == Refusal::kNegativeCounter);
  CHECK(a.table.series_count() == 0);
  CHECK(a.Admit("minus", SampleType::kCounter, -1) == Refusal::kNone);
}

TEST_CASE("a sample whose name came out empty is refused for that, whatever else is wrong",
          "[admit_sample]") {
  Admitting a("mappings:\n- match: 'gone\\.(.*)'\n  match_type: regex\n  name: \"$1\"\n");
  CHECK(a.Admit("gone.", SampleType::kCounter, -1) == Refusal::kEmptyName);
  CHECK(a.Admit("", SampleType::kGauge, 1) == Refusal::kEmptyName);
}

TEST_CASE("rules that share their match have plans of their own", "[admit_sample]") {
  Admitting a(
      "mappings:\n"
      "- match: a\n  name: a\n  match_labels: {k: x}\n  ttl: 1m\n"
      "- match: a\n  name: a\n  match_labels: {k: y}\n  ttl: 2m\n"
      "- match: a\n  name: b\n  match_metric_type: gauge\n"
      "- match: a\n  name: a\n");
  const auto plan = [&](SampleType type, const std::vector<Tag>& tags) {
    REQUIRE(a.Admit("a", type, 1, tags) == Refusal::kNone);
    return PlanOf(a.resolution, &a.table);
  };
  const uint16_t x = plan(SampleType::kCounter, {{"k", "x"}});
  const uint16_t y = plan(SampleType::kCounter, {{"k", "y"}});
  const uint16_t gauge = plan(SampleType::kGauge, {});
  const uint16_t other = plan(SampleType::kCounter, {});
  CHECK(std::set<uint16_t>{0, x, y, gauge, other}.size() == 5);
  CHECK(plan(SampleType::kCounter, {{"k", "x"}}) == x);
  a.mapper->Resolve("unmapped", EventKind::kCounter, {}, &a.resolution);
  CHECK(PlanOf(a.resolution, &a.table) == 0);
}

}  // namespace
}  // namespace weir
