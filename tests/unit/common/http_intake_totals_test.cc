#include "common/http_intake_totals.h"

#include <map>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("all families are there, with series only when the intake is on") {
  HttpIntakeReport report;
  report.requests = {{200, 5}, {400, 1}};
  report.lines_without_room = 2;
  report.lines_not_allowed = 3;
  report.cut_connections = 4;
  const auto off = HttpIntakeFamilies(std::nullopt);
  const auto on = HttpIntakeFamilies(report);
  REQUIRE(off.size() == on.size());
  std::map<std::string, size_t> series;
  for (size_t i = 0; i < on.size(); ++i) {
    CHECK(off[i].name == on[i].name);
    CHECK(off[i].metric.empty());
    series[on[i].name] = on[i].metric.size();
  }
  CHECK(series == std::map<std::string, size_t>{{"weir_http_intake_certificate_reloads_total", 2},
                                                {"weir_http_intake_cut_connections_total", 1},
                                                {"weir_http_intake_dropped_lines_total", 2},
                                                {"weir_http_intake_remembered_tokens", 1},
                                                {"weir_http_intake_requests_total", 2},
                                                {"weir_http_intake_secret_reloads_total", 2}});
}

}  // namespace
}  // namespace weir
