// Help and observer options belong to the family, not to the sample that arrives first.

#include "mapping/family_index.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/unit/mapping/mapping_fixture.h"

namespace weir {
namespace {

struct Family {
  std::string name;
  std::string help;
};

Family Shown(const Loaded& loaded, std::string_view statsd_name) {
  Resolution resolution;
  loaded.mapper->Resolve(statsd_name, EventKind::kGauge, {}, &resolution);
  return {resolution.family, *resolution.policy.help};
}

TEST_CASE("the help of a family is that of its first rule with one", "[family_index]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: a, name: x}
- {match: b, name: x, help: first}
- {match: c, name: x, help: second}
- {match: d, name: y, help: ''}
)");
  for (std::string_view name : {"a", "b", "c"}) CHECK(Shown(loaded, name).help == "first");
  CHECK(Shown(loaded, "d").help == kDefaultHelp);
  CHECK(Shown(loaded, "unmapped").help == kDefaultHelp);
}

TEST_CASE("an earlier template that can produce a family decides about it", "[family_index]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: app.*, name: app_$1, help: template}
- {match: b, name: app_hits, help: literal}
- {match: c, name: apphits, help: other}
- {match: early, name: "x_1", help: early}
- {match: x.*, name: "x_${1}", help: late}
)");
  CHECK(Shown(loaded, "app.hits").help == "template");
  CHECK(Shown(loaded, "b").help == "template");
  CHECK(Shown(loaded, "c").help == "other");
  CHECK(Shown(loaded, "x.1").help == "early");
  CHECK(Shown(loaded, "x.2").help == "late");
}

TEST_CASE("an unmapped sample joins the family of a rule", "[family_index]") {
  const Loaded loaded = LoadText("mappings: [{match: a, name: x_y, help: text}]");
  CHECK(Shown(loaded, "x.y").name == "x_y");
  CHECK(Shown(loaded, "x.y").help == "text");
}

TEST_CASE("a name of references only decides about nobody else's family", "[family_index]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: any.*, name: $1, help: any}
- {match: a, name: x, help: own}
- {match: b, name: silent}
)");
  CHECK(Shown(loaded, "any.thing").help == "any");
  CHECK(Shown(loaded, "a").help == "own");
  CHECK(Shown(loaded, "any.x").help == "own");
  CHECK(Shown(loaded, "b").help == kDefaultHelp);
  CHECK(Shown(loaded, "any.silent").help == kDefaultHelp);
  CHECK(Shown(loaded, "unmapped").help == kDefaultHelp);
}

TEST_CASE("buckets and quantiles of a family are those of its first rule of that type",
          "[family_index]") {
  const Loaded loaded = LoadText(R"(mappings:
- {match: s, name: x, observer_type: summary, summary_options: {max_age: 1m}}
- {match: g, name: x, observer_type: histogram, match_metric_type: gauge, histogram_options: {buckets: [9]}}
- {match: d, name: x, observer_type: histogram, action: drop, histogram_options: {buckets: [8]}}
- {match: a, name: x, observer_type: histogram, histogram_options: {buckets: [1]}}
- {match: b, name: x, observer_type: histogram, histogram_options: {buckets: [2]}}
- {match: t, name: x, observer_type: summary}
)");
  const auto observed = [&](std::string_view name) {
    return Resolved(*loaded.mapper, name, EventKind::kObserver);
  };
  CHECK(observed("a") == "x {} histogram buckets=1 factor=1.1 max=256");
  CHECK(observed("b") == "x {} histogram buckets=1 factor=1.1 max=256");
  CHECK(observed("s") == "x {} summary max_age=1m");
  CHECK(observed("t") == "x {} summary max_age=1m");
  CHECK(observed("x") == "unmapped x {} summary max_age=1m");
}

}  // namespace
}  // namespace weir
