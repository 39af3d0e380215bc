// Telemetry: building our own metrics in prometheus-cpp's terms, and those every process has.
//
// The programs count in plain integers of their threads; at a scrape a prometheus::Collectable
// turns a copy of them into families with these helpers. Thread safety: pure functions; any thread.
// Tested by tests/unit/common/telemetry_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

using OwnLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// A family under construction:
//   families.push_back(OwnFamily::Counter("weir_x_total", "...").Add({{"reason", "y"}}, 1).Take());
class OwnFamily {
 public:
  static OwnFamily Counter(std::string_view name, std::string_view help);
  static OwnFamily Gauge(std::string_view name, std::string_view help);

  OwnFamily& Add(OwnLabels labels, double value);
  OwnFamily& Add(double value) { return Add({}, value); }
  prometheus::MetricFamily Take() { return std::move(family_); }

 private:
  OwnFamily(std::string_view name, std::string_view help, prometheus::MetricType type);

  prometheus::MetricFamily family_;
};

// process_cpu_seconds_total, process_open_fds, process_resident_memory_bytes and so on: the names
// and meanings of Prometheus' own client libraries, read from /proc. What cannot be read is left
// out.
std::vector<prometheus::MetricFamily> CollectProcess();

}  // namespace weir
