#include "common/listener_totals.h"

#include <map>
#include <set>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

ListenerReport ReportOf(Transport transport, const std::string& address, uint64_t first) {
  ListenerCounters counters;
  uint64_t next = first;
  for (uint64_t* count :
       {&counters.bytes, &counters.datagrams, &counters.truncated, &counters.receive_errors,
        &counters.connections, &counters.connection_errors, &counters.accept_errors,
        &counters.too_long_lines, &counters.unfinished_lines, &counters.bad_frames,
        &counters.open_connections, &counters.pending_bytes}) {
    *count = next++;
  }
  return {.transport = transport,
          .address = address,
          .open = true,
          .counters = counters,
          .kernel_drops = next};
}

// By family and listener.
std::map<std::string, std::map<std::string, double>> ValuesOf(const ListenerTotals& totals) {
  std::map<std::string, std::map<std::string, double>> values;
  for (const auto& family : ListenerFamilies(totals)) {
    auto& series = values[family.name];
    for (const auto& metric : family.metric) {
      REQUIRE(metric.label.size() == 1);
      CHECK(metric.label[0].name == "listener");
      series[metric.label[0].value] =
          family.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value;
    }
  }
  return values;
}

TEST_CASE("listeners of one transport are added up, others are kept apart", "[listener_totals]") {
  ListenerTotals totals;
  AddListener(ReportOf(Transport::kUdp, "[::]:8125", 100), &totals);
  AddListener(ReportOf(Transport::kTcp, "[::]:8126", 1), &totals);
  AddListener(ReportOf(Transport::kUdp, "[::]:8127", 1000), &totals);
  REQUIRE(totals.size() == 2);
  const ListenerReport& udp = totals.at(Transport::kUdp);
  CHECK(udp.address == "[::]:8125");
  CHECK(udp.counters.bytes == 1100);
  CHECK(udp.counters.pending_bytes == 1122);
  CHECK(udp.kernel_drops == 1124);
  CHECK(totals.at(Transport::kTcp).counters.bytes == 1);
  CHECK(totals.at(Transport::kTcp).kernel_drops == 13);
}

TEST_CASE("every count of a listener is in the sum and on the page", "[listener_totals]") {
  ListenerTotals totals;
  AddListener(ReportOf(Transport::kUnixStream, "@x", 10), &totals);
  AddListener(ReportOf(Transport::kUnixStream, "@x", 20), &totals);
  const std::map<std::string, double> wanted = {
      {"weir_received_bytes_total", 30},      {"weir_received_datagrams_total", 32},
      {"weir_truncated_datagrams_total", 34}, {"weir_receive_errors_total", 36},
      {"weir_connections_total", 38},         {"weir_connection_errors_total", 40},
      {"weir_accept_errors_total", 42},       {"weir_too_long_lines_total", 44},
      {"weir_unfinished_lines_total", 46},    {"weir_bad_frames_total", 48},
      {"weir_open_connections", 50},          {"weir_kernel_drops_total", 54}};
  std::map<std::string, double> found;
  for (const auto& [name, series] : ValuesOf(totals)) {
    if (name.starts_with("weir_rejected_")) continue;  // by reason, below
    REQUIRE(series.size() == 1);
    found[name] = series.at("unix");
  }
  CHECK(found == wanted);
}

TEST_CASE("what is rejected is told by reason, where it can be", "[listener_totals]") {
  ListenerTotals totals;
  for (const Transport transport :
       {Transport::kUdp, Transport::kUdp, Transport::kTcp, Transport::kUnixgram}) {
    ListenerReport report = ReportOf(transport, ":1", 1);
    report.counters.rejected.fill(transport == Transport::kUdp ? 7 : 0);
    report.rejects.fill(transport != Transport::kUnixgram);
    AddListener(report, &totals);
  }
  std::map<std::string, double> found;
  for (const auto& family : ListenerFamilies(totals)) {
    for (const auto& metric : family.metric) {
      if (metric.label.size() == 1) continue;
      REQUIRE(metric.label[1].name == "reason");
      const std::string key =
          family.name + " " + metric.label[0].value + " " + metric.label[1].value;
      found[key] = metric.counter.value;
    }
  }
  CHECK(found.size() == 2 * kRejectionCount);
  CHECK(found["weir_rejected_connections_total tcp source"] == 0);
  CHECK(found["weir_rejected_datagrams_total udp source"] == 14);
  CHECK(found["weir_rejected_datagrams_total udp replayed"] == 14);
  CHECK(found["weir_rejected_lines_total udp missing_token"] == 14);
  CHECK(found["weir_rejected_lines_total udp unknown_token"] == 14);
  CHECK(found.contains("weir_rejected_lines_total tcp unknown_token"));
}

TEST_CASE("a transport with a closed listener is not open", "[listener_totals]") {
  for (const bool first_is_open : {true, false}) {
    ListenerTotals totals;
    for (const bool is_open : {first_is_open, !first_is_open}) {
      ListenerReport report = ReportOf(Transport::kUdp, ":1", 1);
      report.open = is_open;
      AddListener(report, &totals);
    }
    CHECK_FALSE(totals.at(Transport::kUdp).open);
  }
}

TEST_CASE("the families are there without listeners too, and only what can fall is a gauge",
          "[listener_totals]") {
  const auto families = ListenerFamilies({});
  CHECK(families.size() == 15);
  std::set<std::string> names;
  for (const auto& family : families) {
    INFO(family.name);
    CHECK(family.metric.empty());
    CHECK(family.help.ends_with('.'));
    CHECK((family.type == prometheus::MetricType::Counter) == family.name.ends_with("_total"));
    CHECK(names.insert(family.name).second);
  }
}

}  // namespace
}  // namespace weir
