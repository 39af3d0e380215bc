#include "router/self_metrics.h"

#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <set>

#include "common/utf8.h"
#include "tests/support/catch.h"
#include "tests/support/text_page.h"
#include "tests/unit/router/busy_report.h"

namespace weir {
namespace {

std::string PageOf(const RouterReport& report) { return TextPage(SelfMetrics().Collect(report)); }

std::string Of(std::string_view family, std::string_view downstream) {
  return std::string(family) + "{downstream=\"" + std::string(downstream) + "\"}";
}

double NumberOf(std::string_view page, const std::string& series) {
  const auto value = ValueOf(page, series);
  INFO(series);
  REQUIRE(value);
  return std::stod(*value);
}

// All of one downstream's drops, whatever the reason.
double DropsOf(const std::string& page, const std::string& downstream) {
  double sum = 0;
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    sum +=
        NumberOf(page, "weir_downstream_dropped_lines_total{downstream=\"" + downstream +
                           "\",reason=\"" + std::string(Name(static_cast<DropReason>(i))) + "\"}");
  }
  return sum;
}

TEST_CASE("families come in name order, each once, with a type, help and series",
          "[self_metrics]") {
  for (const RouterReport& report : {BusyReport(), RouterReport()}) {
    std::string last;
    for (const auto& family : SelfMetrics().Collect(report)) {
      INFO(family.name);
      CHECK(last < family.name);
      last = family.name;
      CHECK((family.name.starts_with("weir_") || family.name.starts_with("process_")));
      CHECK((family.type == prometheus::MetricType::Counter) == family.name.ends_with("_total"));
      CHECK(family.help.ends_with('.'));
      // prometheus-cpp does not escape them.
      CHECK(family.help.find_first_of("\n\\") == std::string::npos);
      CHECK_FALSE(family.metric.empty());
    }
  }
}

TEST_CASE("no two series are the same", "[self_metrics]") {
  const std::string page = PageOf(BusyReport());
  std::set<std::string> seen;
  for (const std::string& line : LinesOf(page)) {
    if (!line.starts_with('#')) CHECK(seen.insert(line.substr(0, line.rfind(' '))).second);
  }
}

TEST_CASE("the law of conservation can be checked on the page", "[self_metrics]") {
  const std::string page = PageOf(BusyReport());
  // Every line is one of three things, and what was routed or made here was taken by somebody.
  const double routed = NumberOf(page, "weir_lines_total{verdict=\"routed\"}");
  CHECK(routed > 0);
  CHECK(routed + SumOf(page, "weir_own_lines_total") ==
        SumOf(page, "weir_downstream_taken_lines_total"));
  CHECK(NumberOf(page, "weir_lines_total{verdict=\"malformed\"}") ==
        SumOf(page, "weir_line_errors_total"));
  // What was taken was sent and stayed sent, was dropped, or waits.
  CHECK(SumOf(page, "weir_downstream_taken_lines_total") ==
        SumOf(page, "weir_downstream_sent_lines_total") -
            SumOf(page, "weir_downstream_returned_lines_total") +
            SumOf(page, "weir_downstream_dropped_lines_total") +
            SumOf(page, "weir_downstream_waiting_lines"));
  for (const std::string downstream : {"a", "b", "(retired)"}) {
    INFO(downstream);
    CHECK(NumberOf(page, Of("weir_downstream_taken_lines_total", downstream)) ==
          NumberOf(page, Of("weir_downstream_sent_lines_total", downstream)) -
              NumberOf(page, Of("weir_downstream_returned_lines_total", downstream)) +
              DropsOf(page, downstream) +
              NumberOf(page, Of("weir_downstream_waiting_lines", downstream)));
  }
}

TEST_CASE("sums over downstreams stay when a reload takes one away", "[self_metrics]") {
  RouterReport before = ReportOf({"a", "b"});
  const WorkerReport worker = WorkerOf({"a", "b"}, 3);
  AddUp({worker}, NodesOf({"a", "b"}), &before);
  WorkerReport later = worker;
  later.retired += later.lanes[1].counters;
  later.retired_waiting += later.lanes[1].waiting;
  later.lanes.pop_back();
  RouterReport after = ReportOf({"a"});
  AddUp({later}, NodesOf({"a"}), &after);

  const std::string first = PageOf(before), second = PageOf(after);
  for (const std::string family :
       {"weir_downstream_taken_lines_total", "weir_downstream_sent_lines_total",
        "weir_downstream_sent_bytes_total", "weir_downstream_sent_packets_total",
        "weir_downstream_returned_lines_total", "weir_downstream_dropped_lines_total",
        "weir_downstream_dropped_bytes_total", "weir_downstream_dropped_packets_total",
        "weir_downstream_connects_total", "weir_downstream_connect_failures_total",
        "weir_downstream_waiting_lines", "weir_downstream_waiting_bytes"}) {
    INFO(family);
    CHECK(SumOf(first, family) > 0);
    CHECK(SumOf(first, family) == SumOf(second, family));
  }
  CHECK_FALSE(ValueOf(second, Of("weir_downstream_up", "b")));
}

TEST_CASE("each downstream shows its own numbers", "[self_metrics]") {
  RouterReport report = BusyReport();
  report.downstreams[1].weight = 9;
  const std::string page = PageOf(report);
  const DownstreamReport& b = report.downstreams[1];
  const std::map<std::string, uint64_t> wanted = {
      {"weir_downstream_taken_lines_total", b.lane.counters.taken_lines},
      {"weir_downstream_sent_lines_total", b.lane.counters.sent.lines},
      {"weir_downstream_sent_bytes_total", b.lane.counters.sent.bytes},
      {"weir_downstream_sent_packets_total", b.lane.counters.sent.packets},
      {"weir_downstream_returned_lines_total", b.lane.counters.returned.lines},
      {"weir_downstream_connects_total", b.lane.counters.connects},
      {"weir_downstream_connect_failures_total", b.lane.counters.connect_failures},
      {"weir_downstream_waiting_lines", b.lane.waiting.lines},
      {"weir_downstream_waiting_bytes", b.lane.waiting.bytes},
      {"weir_downstream_held_lines", b.lane.held.lines},
      {"weir_downstream_held_bytes", b.lane.held.bytes},
      {"weir_downstream_weight", 9},
      {"weir_downstream_state_changes_total", b.health.changes},
      {"weir_downstream_probes_total", b.health.probes},
      {"weir_downstream_probe_failures_total", b.health.probe_failures},
      {"weir_downstream_refusals_total", b.health.refusals}};
  for (const auto& [family, value] : wanted) {
    CHECK(NumberOf(page, Of(family, "b")) == static_cast<double>(value));
  }
  const Amount& full = b.lane.counters.dropped_for(DropReason::kQueueFull);
  const std::string labels = "{downstream=\"b\",reason=\"queue_full\"}";
  CHECK(NumberOf(page, "weir_downstream_dropped_lines_total" + labels) ==
        static_cast<double>(full.lines));
  CHECK(NumberOf(page, "weir_downstream_dropped_bytes_total" + labels) ==
        static_cast<double>(full.bytes));
  CHECK(NumberOf(page, "weir_downstream_dropped_packets_total" + labels) ==
        static_cast<double>(full.packets));
}

TEST_CASE("a downstream's state is three gauges", "[self_metrics]") {
  RouterReport report = BusyReport();
  NodeHealth& health = report.downstreams[0].health;
  health.alive = false;
  CHECK(ValueOf(PageOf(report), Of("weir_downstream_up", "a")) == "0");
  CHECK(ValueOf(PageOf(report), Of("weir_downstream_in_ring", "a")) == "1");
  CHECK(ValueOf(PageOf(report), Of("weir_downstream_drained", "a")) == "0");
  health.in_ring = false;
  health.drained = true;
  CHECK(ValueOf(PageOf(report), Of("weir_downstream_in_ring", "a")) == "0");
  CHECK(ValueOf(PageOf(report), Of("weir_downstream_drained", "a")) == "1");
  CHECK(ValueOf(PageOf(report), Of("weir_downstream_up", "b")) == "1");
}

TEST_CASE("all reasons are there before anything happened", "[self_metrics]") {
  RouterReport report = ReportOf({"a"});
  AddUp({WorkerReport()}, NodesOf({"a"}), &report);
  const std::string page = PageOf(report);
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    const std::string reason(Name(static_cast<DropReason>(i)));
    for (const std::string downstream : {"a", "(retired)"}) {
      CHECK(ValueOf(page, "weir_downstream_dropped_lines_total{downstream=\"" + downstream +
                              "\",reason=\"" + reason + "\"}") == "0");
    }
  }
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    const std::string reason(Name(static_cast<ParseError>(i)));
    CHECK(ValueOf(page, "weir_line_errors_total{reason=\"" + reason + "\"}") == "0");
  }
  for (const char* verdict : {"empty", "malformed", "routed"}) {
    CHECK(ValueOf(page, "weir_lines_total{verdict=\"" + std::string(verdict) + "\"}") == "0");
  }
  CHECK(ValueOf(page, "weir_config_reloads_total{outcome=\"success\"}") == "0");
  CHECK(ValueOf(page, "weir_config_reloads_total{outcome=\"failure\"}") == "0");
}

TEST_CASE("the router tells of its ring, its health and its threads", "[self_metrics]") {
  RouterReport report = BusyReport();
  report.config.placement = Placement::kEtsy07;
  report.config.key = KeyKind::kSeries;
  CHECK(ValueOf(PageOf(report),
                "weir_ring_info{fingerprint=\"0123456789abcdef\",placement=\"etsy-0.7\","
                "key=\"series\"}") == "1");
  CHECK(ValueOf(PageOf(report), "weir_workers") == "2");
  CHECK(ValueOf(PageOf(report), "weir_up") == "1");
  CHECK(ValueOf(PageOf(report), "weir_panic") == "0");
  report.up = false;
  report.panic = true;
  CHECK(ValueOf(PageOf(report), "weir_up") == "0");
  CHECK(ValueOf(PageOf(report), "weir_panic") == "1");
  CHECK(PageOf(report).find("\nweir_build_info{") != std::string::npos);
  CHECK(SumOf(PageOf(report), "weir_build_info") == 1);
}

TEST_CASE("reloads are counted by how they ended, and the last one is told", "[self_metrics]") {
  SelfMetrics self_metrics;
  const auto page = [&] { return TextPage(self_metrics.Collect(BusyReport())); };
  const std::string when = "weir_config_last_reload_success_timestamp_seconds";
  CHECK(ValueOf(page(), "weir_config_last_reload_successful") == "1");
  CHECK(std::abs(NumberOf(page(), when) - static_cast<double>(time(nullptr))) < 60);
  const double started = NumberOf(page(), when);
  self_metrics.CountReload(false);
  CHECK(ValueOf(page(), "weir_config_reloads_total{outcome=\"failure\"}") == "1");
  CHECK(ValueOf(page(), "weir_config_last_reload_successful") == "0");
  CHECK(NumberOf(page(), when) == started);
  self_metrics.CountReload(true);
  CHECK(ValueOf(page(), "weir_config_reloads_total{outcome=\"success\"}") == "1");
  CHECK(ValueOf(page(), "weir_config_last_reload_successful") == "1");
  CHECK(NumberOf(page(), when) >= started);
}

TEST_CASE("labels that a page cannot hold as they are are escaped", "[self_metrics]") {
  const std::string odd = "quote\" slash\\ line\nend \xC3\xA9";
  RouterReport report = ReportOf({odd});
  AddUp({WorkerOf({odd}, 1)}, NodesOf({odd}), &report);
  CHECK(ValueOf(PageOf(report),
                Of("weir_downstream_up", "quote\\\" slash\\\\ line\\nend \xC3\xA9")) == "1");
}

TEST_CASE("no label breaks the page or stands for two downstreams", "[self_metrics]") {
  const std::vector<std::string> labels = {
      "\xFF",         "\xFE", std::string("nul\0", 4), "nul\xEF\xBF\xBD", "(retired)",
      "cut \xE2\x82", "",     "\xED\xA0\x80"};
  RouterReport report = ReportOf(labels);
  AddUp({WorkerOf(labels, 1)}, NodesOf(labels), &report);
  const std::string page = PageOf(report);
  CHECK(IsValidUtf8(page));
  CHECK(page.find('\0') == std::string::npos);
  std::set<std::string> seen;
  size_t ups = 0;
  for (const std::string& line : LinesOf(page)) {
    if (line.starts_with('#')) continue;
    CHECK(seen.insert(line.substr(0, line.rfind(' '))).second);
    if (line.starts_with("weir_downstream_up{")) ++ups;
  }
  CHECK(ups == labels.size());
}

TEST_CASE("great counts are exact up to 2^53", "[self_metrics]") {
  RouterReport report = ReportOf({"a"});
  AddUp({WorkerReport()}, NodesOf({"a"}), &report);
  for (const uint64_t count : {uint64_t{1} << 53, (uint64_t{1} << 53) - 1, uint64_t{1'000'000},
                               uint64_t{123'456'789'012'345}}) {
    report.downstreams[0].lane.counters.sent.bytes = count;
    CHECK(ValueOf(PageOf(report), Of("weir_downstream_sent_bytes_total", "a")) ==
          std::to_string(count));
  }
  // What a double cannot hold is near.
  report.downstreams[0].lane.counters.sent.bytes = std::numeric_limits<uint64_t>::max();
  const double shown = NumberOf(PageOf(report), Of("weir_downstream_sent_bytes_total", "a"));
  CHECK(std::abs(shown - 1.8446744073709552e19) < 1e4);
}

TEST_CASE("a page is HELP, TYPE and series of each family", "[self_metrics]") {
  const std::string page = PageOf(BusyReport());
  CHECK(page.find("# HELP weir_own_lines_total Lines made here, about this router.\n"
                  "# TYPE weir_own_lines_total counter\n"
                  "weir_own_lines_total ") != std::string::npos);
  CHECK(page.find("# TYPE weir_up gauge\n") != std::string::npos);
  CHECK(page.ends_with('\n'));
  for (const std::string& line : LinesOf(page)) CHECK_FALSE(line.empty());
}

}  // namespace
}  // namespace weir
