#include "exporter/top_page.h"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Json = nlohmann::json;

TEST_CASE("the rows are 20, or what the query says", "[top_page]") {
  CHECK(ReadTopRows("") == 20);
  CHECK(ReadTopRows("other=x") == 20);
  CHECK(ReadTopRows("limit=1") == 1);
  CHECK(ReadTopRows("a=b&limit=1000") == 1000);
  for (const char* query : {"limit=", "limit=0", "limit=1001", "limit=-1", "limit=1x", "limit=%zz",
                            "limit=99999999999999999999"}) {
    INFO(query);
    CHECK_FALSE(ReadTopRows(query).has_value());
  }
}

TEST_CASE("a page has the sums, the limits, the lists and who was refused", "[top_page]") {
  Top top(5);
  Pace pace;
  for (int i = 0; i < 37; ++i) pace.AddSamples(1, 0);
  pace.AddSeries(0);
  top.Add({"a\"b", SeriesKind::kHistogram, 3, -60 * kNanosPerSecond, pace}, 0);
  top.Add({"c", SeriesKind::kSet, 4, 0, Pace()}, 0);
  top.refused.push_back({"\xff", Refusal::kFamilyLimit, 1.26});
  const SeriesBudget budget({.series = 10, .memory = 1 << 20});
  const Json page = Json::parse(TopPage(top, &budget));
  CHECK(page["status"] == "success");
  const Json& data = page["data"];
  CHECK(data["series"] == 7);
  CHECK(data["families"] == 2);
  CHECK(data["limits"]["series"] == 10);
  CHECK(data["limits"]["series_per_family"] == 0);
  CHECK(data["limits"]["memory"] == 1 << 20);
  CHECK(data["by_series"][0]["family"] == "c");
  CHECK(data["by_series"][1] == Json({{"family", "a\"b"},
                                      {"type", "histogram"},
                                      {"series", 3},
                                      {"samples_per_second", 3.7},
                                      {"new_series_per_second", 0.1},
                                      {"age_seconds", 60.0}}));
  CHECK(data["by_rate"][0]["family"] == "a\"b");
  CHECK(data["by_growth"][0]["family"] == "a\"b");
  CHECK(data["newest"][0]["family"] == "c");
  CHECK(data["refused"][0]["reason"] == "family_series_limit");
  CHECK(data["refused"][0]["seconds_ago"] == 1.3);
  CHECK(Json::parse(TopPage(Top(1), nullptr))["data"]["limits"]["series"] == 0);
}

TEST_CASE("an error is JSON too", "[top_page]") {
  CHECK(Json::parse(TopError("why")) == Json({{"status", "error"}, {"error", "why"}}));
}

}  // namespace
}  // namespace weir
