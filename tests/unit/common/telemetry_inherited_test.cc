#include "common/telemetry_inherited.h"

#include "common/telemetry.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

Families Made(double a, double b, double gauge) {
  return {OwnFamily::Counter("weir_x_total", "X.")
              .Add({{"reason", "a"}}, a)
              .Add({{"reason", "b c"}, {"other", ""}}, b)
              .Take(),
          OwnFamily::Gauge("weir_level", "L.").Add(gauge).Take(),
          OwnFamily::Counter("process_cpu_seconds_total", "P.").Add(100).Take(),
          OwnFamily::Counter("weir_kernel_drops_total", "K.").Add(100).Take()};
}

TEST_CASE("what a predecessor counted is added by name and labels", "[telemetry_inherited]") {
  InheritedCounters inherited;
  REQUIRE(inherited.Set(InheritedCounters::Write(Made(1, 2.5, 3))));
  Families families = Made(10, 20, 30);
  inherited.AddTo(&families);
  CHECK(families[0].metric[0].counter.value == 11);
  CHECK(families[0].metric[1].counter.value == 22.5);
  CHECK(families[1].metric[0].gauge.value == 30);
  CHECK(families[2].metric[0].counter.value == 100);
  CHECK(families[3].metric[0].counter.value == 100);
}

TEST_CASE("large counts lose nothing on the way", "[telemetry_inherited]") {
  InheritedCounters inherited;
  REQUIRE(inherited.Set(InheritedCounters::Write(Made(9007199254740991.0, 0.1, 0))));
  Families families = Made(0, 0, 0);
  inherited.AddTo(&families);
  CHECK(families[0].metric[0].counter.value == 9007199254740991.0);
  CHECK(families[0].metric[1].counter.value == 0.1);
}

TEST_CASE("a counter that we do not have is made, its family is not", "[telemetry_inherited]") {
  InheritedCounters inherited;
  REQUIRE(inherited.Set(InheritedCounters::Write(Made(1, 2, 3))));
  Families families = {OwnFamily::Counter("weir_x_total", "X.").Add({{"reason", "a"}}, 5).Take()};
  inherited.AddTo(&families);
  REQUIRE(families.size() == 1);
  REQUIRE(families[0].metric.size() == 2);
  CHECK(families[0].metric[0].counter.value == 6);
  CHECK(families[0].metric[1].counter.value == 2);
  CHECK(families[0].metric[1].label[0].value == "b c");
}

TEST_CASE("what is no such text changes nothing", "[telemetry_inherited]") {
  const std::string good = InheritedCounters::Write(Made(1, 2, 3));
  InheritedCounters inherited;
  REQUIRE(inherited.Set(good));
  for (size_t size = 1; size < good.size(); ++size) {
    const std::string cut = good.substr(0, size);
    // Cut behind a whole counter it is one.
    InheritedCounters other;
    if (other.Set(cut)) continue;
    CHECK_FALSE(inherited.Set(cut));
  }
  CHECK_FALSE(inherited.Set(std::string("name\0x\0", 7)));
  Families families = Made(0, 0, 0);
  inherited.AddTo(&families);
  CHECK(families[0].metric[0].counter.value == 1);
}

}  // namespace
}  // namespace weir
