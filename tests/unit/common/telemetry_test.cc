#include "common/telemetry.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <set>

#include "common/scoped_fd.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

std::optional<double> ProcessValue(std::string_view name) {
  for (const auto& family : CollectProcess()) {
    if (family.name != name || family.metric.size() != 1) continue;
    const bool is_counter = family.type == prometheus::MetricType::Counter;
    return is_counter ? family.metric[0].counter.value : family.metric[0].gauge.value;
  }
  return std::nullopt;
}

TEST_CASE("a family is built in one expression", "[telemetry]") {
  const prometheus::MetricFamily family = OwnFamily::Counter("weir_x_total", "Things.")
                                              .Add({{"reason", "y"}, {"type", "z"}}, 2)
                                              .Add(3)
                                              .Take();
  CHECK(family.name == "weir_x_total");
  CHECK(family.help == "Things.");
  CHECK(family.type == prometheus::MetricType::Counter);
  REQUIRE(family.metric.size() == 2);
  CHECK(family.metric[0].counter.value == 2);
  REQUIRE(family.metric[0].label.size() == 2);
  CHECK(family.metric[0].label[0].name == "reason");
  CHECK(family.metric[0].label[0].value == "y");
  CHECK(family.metric[0].label[1].name == "type");
  CHECK(family.metric[1].label.empty());
  CHECK(family.metric[1].counter.value == 3);

  const prometheus::MetricFamily gauge = OwnFamily::Gauge("weir_y", "A level.").Add(-1.5).Take();
  CHECK(gauge.type == prometheus::MetricType::Gauge);
  REQUIRE(gauge.metric.size() == 1);
  CHECK(gauge.metric[0].gauge.value == -1.5);
}

TEST_CASE("a family without series is one all the same", "[telemetry]") {
  CHECK(OwnFamily::Counter("weir_z_total", "None yet.").Take().metric.empty());
}

TEST_CASE("the process metrics have the names of Prometheus' client libraries", "[telemetry]") {
  std::set<std::string> names;
  for (const auto& family : CollectProcess()) {
    names.insert(family.name);
    CHECK_FALSE(family.help.empty());
    REQUIRE(family.metric.size() == 1);
    CHECK(family.metric[0].label.empty());
    const bool is_total = family.name.ends_with("_total");
    CHECK((family.type == prometheus::MetricType::Counter) == is_total);
  }
  const std::set<std::string> wanted = {"process_cpu_seconds_total",
                                        "process_max_fds",
                                        "process_network_receive_bytes_total",
                                        "process_network_transmit_bytes_total",
                                        "process_open_fds",
                                        "process_resident_memory_bytes",
                                        "process_start_time_seconds",
                                        "process_virtual_memory_bytes",
                                        "process_virtual_memory_max_bytes"};
  CHECK(names == wanted);
}

TEST_CASE("the process metrics are those of this process", "[telemetry]") {
  CHECK(ProcessValue("process_resident_memory_bytes").value_or(0) > 1e5);
  CHECK(ProcessValue("process_virtual_memory_bytes").value_or(0) >=
        ProcessValue("process_resident_memory_bytes").value_or(0));
  const double now = static_cast<double>(time(nullptr));
  const double started = ProcessValue("process_start_time_seconds").value_or(0);
  CHECK(started <= now + 1);
  CHECK(started > now - 86'400 * 30);
  CHECK(ProcessValue("process_cpu_seconds_total").value_or(-1) >= 0);
}

TEST_CASE("a file descriptor more is counted as one more", "[telemetry]") {
  const double before = ProcessValue("process_open_fds").value();
  const ScopedFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(fd.valid());
  CHECK(ProcessValue("process_open_fds").value() == before + 1);
}

}  // namespace
}  // namespace weir
