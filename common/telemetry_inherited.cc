#include "common/telemetry_inherited.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace weir {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Fields end in a zero, which no label can show.
void Put(std::string_view field, std::string* text) { text->append(field).push_back('\0'); }

std::optional<std::string_view> Next(std::string_view* text) {
  const size_t end = text->find('\0');
  if (end == text->npos) return std::nullopt;
  const std::string_view field = text->substr(0, end);
  text->remove_prefix(end + 1);
  return field;
}

template <class Number>
std::optional<Number> NextNumber(std::string_view* text) {
  const auto field = Next(text);
  Number number{};
  if (!field) return std::nullopt;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), number);
  if (error != std::errc() || end != field->data() + field->size()) return std::nullopt;
  return number;
}

bool IsInherited(const MetricFamily& family) {
  return family.type == MetricType::Counter && !family.name.starts_with("process_") &&
         !family.name.starts_with("promhttp_") && family.name != "weir_kernel_drops_total";
}

}  // namespace

std::string InheritedCounters::Write(const std::vector<MetricFamily>& families) {
  std::string text;
  for (const MetricFamily& family : families) {
    if (!IsInherited(family)) continue;
    for (const ClientMetric& metric : family.metric) {
      char value[32];
      const auto end = std::to_chars(value, value + sizeof(value), metric.counter.value).ptr;
      Put(family.name, &text);
      Put({value, static_cast<size_t>(end - value)}, &text);
      Put(std::to_string(metric.label.size()), &text);
      for (const auto& label : metric.label) {
        Put(label.name, &text);
        Put(label.value, &text);
      }
    }
  }
  return text;
}

bool InheritedCounters::Set(std::string_view text) {
  decltype(counts_) counts;
  while (!text.empty()) {
    const auto name = Next(&text);
    const auto value = NextNumber<double>(&text);
    const auto labels = NextNumber<size_t>(&text);
    if (!name || !value || !labels) return false;
    Count count{.labels = {}, .value = *value};
    for (size_t i = 0; i < *labels; ++i) {
      const auto label = Next(&text);
      const auto labeled = Next(&text);
      if (!label || !labeled) return false;
      count.labels.push_back({std::string(*label), std::string(*labeled)});
    }
    counts[std::string(*name)].push_back(std::move(count));
  }
  const std::lock_guard lock(mutex_);
  counts_ = std::move(counts);
  return true;
}

void InheritedCounters::AddTo(std::vector<MetricFamily>* families) const {
  const std::lock_guard lock(mutex_);
  if (counts_.empty()) return;
  for (MetricFamily& family : *families) {
    const auto inherited = counts_.find(family.name);
    if (inherited == counts_.end() || family.type != MetricType::Counter) continue;
    std::map<std::vector<std::pair<std::string_view, std::string_view>>, size_t> places;
    const auto key = [](const Labels& labels) {
      std::vector<std::pair<std::string_view, std::string_view>> words;
      for (const auto& label : labels) words.emplace_back(label.name, label.value);
      return words;
    };
    family.metric.reserve(family.metric.size() + inherited->second.size());
    for (size_t i = 0; i < family.metric.size(); ++i) places[key(family.metric[i].label)] = i;
    for (const Count& count : inherited->second) {
      const auto place = places.find(key(count.labels));
      if (place != places.end()) {
        family.metric[place->second].counter.value += count.value;
      } else {
        ClientMetric& metric = family.metric.emplace_back();
        metric.label = count.labels;
        metric.counter.value = count.value;
      }
    }
  }
}

}  // namespace weir
