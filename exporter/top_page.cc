#include "exporter/top_page.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "common/url_query.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kUsualRows = 20;
constexpr size_t kMostRows = 1000;
constexpr std::string_view kKindNames[] = {"counter", "gauge", "set", "summary", "histogram"};

// Nobody needs more digits of what is an estimate.
double Rounded(double value) { return std::round(value * 10) / 10; }

std::string Written(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ListOf(TopList* list) {
  Json rows = Json::array();
  for (const TopFamily& family : list->Take()) {
    rows.push_back({{"family", family.name},
                    {"type", kKindNames[static_cast<size_t>(family.kind)]},
                    {"series", family.series},
                    {"samples_per_second", Rounded(family.samples_per_second)},
                    {"new_series_per_second", Rounded(family.new_series_per_second)},
                    {"age_seconds", std::floor(family.age_seconds)}});
  }
  return rows;
}

Json LimitsOf(const SeriesLimits& limits) {
  return {{"series", limits.series},
          {"series_per_family", limits.per_family},
          {"series_per_listener", limits.per_listener},
          {"memory", limits.memory}};
}

}  // namespace

std::optional<size_t> ReadTopRows(std::string_view query) {
  const auto parameters = ReadUrlQuery(query);
  if (!parameters) return std::nullopt;
  size_t rows = kUsualRows;
  for (const auto& [name, value] : *parameters) {
    if (name != "limit") continue;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, rows);
    if (error != std::errc{} || stop != end || rows < 1 || rows > kMostRows) return std::nullopt;
  }
  return rows;
}

std::string TopPage(Top top, const SeriesBudget* budget) {
  Json data = {{"series", top.series}, {"families", top.families}};
  data["limits"] = LimitsOf(budget == nullptr ? SeriesLimits{} : budget->limits());
  data["by_series"] = ListOf(&top.by_series);
  data["by_rate"] = ListOf(&top.by_samples);
  data["by_growth"] = ListOf(&top.by_new_series);
  data["newest"] = ListOf(&top.newest);
  data["refused"] = Json::array();
  for (const Top::RefusedFamily& refused : top.refused) {
    data["refused"].push_back({{"family", refused.name},
                               {"reason", Name(refused.refusal)},
                               {"seconds_ago", Rounded(refused.seconds_ago)}});
  }
  return Written({{"status", "success"}, {"data", std::move(data)}});
}

std::string TopError(std::string_view why) {
  return Written({{"status", "error"}, {"error", why}});
}

}  // namespace weir
