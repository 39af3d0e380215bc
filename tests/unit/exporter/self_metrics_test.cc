#include "exporter/self_metrics.h"

#include <map>
#include <set>

#include "tests/support/busy_reports.h"
#include "tests/support/catch.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

std::string Page(const SelfMetrics& self_metrics, const std::vector<ShardReport>& reports,
                 Format format = Format::kText) {
  std::string page;
  for (const auto& family : self_metrics.Collect(reports)) {
    RenderCollected(family, false, Exposition::For(format), &page);
  }
  return page;
}

TEST_CASE("the names that no client may use cover every family there can be", "[self_metrics]") {
  const std::vector<std::string> list = SelfMetrics().Names();
  const std::set<std::string> names(list.begin(), list.end());
  for (const auto& family : UsedSelfMetrics().Collect(BusyReports())) {
    CHECK(names.contains(family.name));
  }
  // As OpenMetrics calls them.
  for (const std::string& line :
       LinesOf(Page(UsedSelfMetrics(), BusyReports(), Format::kOpenMetrics))) {
    if (!line.starts_with("# TYPE ")) continue;
    CHECK(names.contains(line.substr(7, line.find(' ', 7) - 7)));
  }
}

TEST_CASE("names are known before anything has been counted, and stay the same", "[self_metrics]") {
  const auto as_set = [](const std::vector<std::string>& names) {
    return std::set<std::string>(names.begin(), names.end());
  };
  CHECK(as_set(SelfMetrics().Names()) == as_set(UsedSelfMetrics().Names()));
}

// Name and label names, as spec 7 of the peer has them.
const std::map<std::string, std::set<std::string>> kPeer = {
    {"statsd_exporter_events_total", {"type"}},
    {"statsd_exporter_event_queue_flushed_total", {}},
    {"statsd_exporter_events_unmapped_total", {}},
    {"statsd_exporter_events_actions_total", {"action"}},
    {"statsd_exporter_events_error_total", {"reason"}},
    {"statsd_exporter_events_conflict_total", {"type", "metric_name"}},
    {"statsd_exporter_metrics_total", {"type"}},
    {"statsd_exporter_udp_packets_total", {}},
    {"statsd_exporter_udp_packet_drops_total", {}},
    {"statsd_exporter_tcp_connections_total", {}},
    {"statsd_exporter_tcp_connection_errors_total", {}},
    {"statsd_exporter_tcp_too_long_lines_total", {}},
    {"statsd_exporter_unixgram_packets_total", {}},
    {"statsd_exporter_lines_total", {}},
    {"statsd_exporter_samples_total", {}},
    {"statsd_exporter_sample_errors_total", {"reason"}},
    {"statsd_exporter_tags_total", {}},
    {"statsd_exporter_tag_errors_total", {}},
    {"statsd_exporter_config_reloads_total", {"outcome"}},
    {"statsd_exporter_loaded_mappings", {}},
    {"statsd_metric_mapper_cache_length", {}},
    {"statsd_metric_mapper_cache_gets_total", {}},
    {"statsd_metric_mapper_cache_hits_total", {}},
    {"statsd_exporter_build_info",
     {"version", "revision", "branch", "goversion", "goos", "goarch", "tags"}},
    {"promhttp_metric_handler_requests_total", {"code"}},
    {"promhttp_metric_handler_requests_in_flight", {}},
};

TEST_CASE("the peer's families are all there, with the peer's labels and no other",
          "[self_metrics]") {
  std::map<std::string, std::set<std::string>> found;
  for (const auto& family : UsedSelfMetrics().Collect(BusyReports())) {
    if (family.name.starts_with("weir_") || family.name.starts_with("process_")) continue;
    auto& labels = found[family.name];
    for (const auto& series : family.metric) {
      std::set<std::string> names;
      for (const auto& label : series.label) names.insert(label.name);
      CHECK((labels.empty() || labels == names));
      labels = names;
    }
  }
  CHECK(found == kPeer);
}

TEST_CASE("types are the peer's: metrics_total is a gauge, the rest goes by its suffix",
          "[self_metrics]") {
  for (const auto& family : UsedSelfMetrics().Collect(BusyReports())) {
    INFO(family.name);
    const bool is_counter =
        family.name.ends_with("_total") && family.name != "statsd_exporter_metrics_total";
    CHECK((family.type == prometheus::MetricType::Counter) == is_counter);
    CHECK(family.help.ends_with('.'));
  }
}

TEST_CASE("what the peer shows from the start is there, what it does not is not",
          "[self_metrics]") {
  const std::set<std::string> lazy = {
      "statsd_exporter_events_total",         "statsd_exporter_events_actions_total",
      "statsd_exporter_events_error_total",   "statsd_exporter_events_conflict_total",
      "statsd_exporter_metrics_total",        "statsd_exporter_sample_errors_total",
      "statsd_exporter_config_reloads_total",
  };
  std::set<std::string> shown;
  for (const auto& family : SelfMetrics().Collect({ShardReport{}})) shown.insert(family.name);
  for (const auto& [name, labels] : kPeer) {
    INFO(name);
    CHECK(shown.contains(name) != lazy.contains(name));
  }
}

TEST_CASE("families come in name order, each once", "[self_metrics]") {
  std::string last;
  for (const auto& family : UsedSelfMetrics().Collect(BusyReports())) {
    CHECK(last < family.name);
    last = family.name;
  }
}

TEST_CASE("shards are added up", "[self_metrics]") {
  const std::vector<ShardReport> reports = BusyReports();
  const std::string two = Page(UsedSelfMetrics(), reports);
  const std::string one = Page(UsedSelfMetrics(), {reports[0]});
  for (const std::string name :
       {"statsd_exporter_lines_total", "statsd_exporter_events_total", "weir_lines_total",
        "statsd_exporter_events_conflict_total", "statsd_exporter_udp_packets_total",
        "weir_kernel_drops_total", "weir_connections_total", "weir_samples_dropped_total",
        "weir_series", "weir_families", "statsd_exporter_metrics_total", "weir_shards"}) {
    INFO(name);
    CHECK(SumOf(one, name) > 0);
    CHECK(SumOf(two, name) == 2 * SumOf(one, name));
  }
}

TEST_CASE("listeners are told apart where the peer tells them apart", "[self_metrics]") {
  const std::vector<ShardReport> reports = BusyReports();
  const auto& listeners = reports[0].listeners;
  const std::string page = Page(UsedSelfMetrics(), {reports[0]});
  CHECK(SumOf(page, "statsd_exporter_udp_packets_total") ==
        static_cast<double>(listeners[0].counters.datagrams));
  CHECK(SumOf(page, "statsd_exporter_udp_packet_drops_total") ==
        static_cast<double>(listeners[0].kernel_drops));
  CHECK(SumOf(page, "statsd_exporter_tcp_connections_total") ==
        static_cast<double>(listeners[1].counters.connections));
  CHECK(SumOf(page, "statsd_exporter_unixgram_packets_total") ==
        static_cast<double>(listeners[2].counters.datagrams));
  for (const std::string name : {"udp", "tcp", "unixgram", "unix"}) {
    CHECK(ValueOf(page, "weir_kernel_drops_total{listener=\"" + name + "\"}").has_value());
  }
}

TEST_CASE("sets are gauges to the peer and sets to us", "[self_metrics]") {
  Pipeline pipeline;
  pipeline.Send("s:1|s\ng:1|g");
  const std::string page = SelfPage(pipeline.Reports());
  CHECK(ValueOf(page, "statsd_exporter_metrics_total{type=\"gauge\"}") == "2");
  CHECK(ValueOf(page, "weir_series{type=\"set\"}") == "1");
  CHECK(ValueOf(page, "weir_series{type=\"gauge\"}") == "1");
}

TEST_CASE("dropped samples are told by every reason there is", "[self_metrics]") {
  const std::string page = Page(UsedSelfMetrics(), BusyReports());
  for (const std::string reason :
       {"malformed_component", "malformed_value", "malformed_container_id", "illegal_event",
        "void_sample_rate", "mapping_rule", "empty_metric_name", "illegal_negative_counter",
        "type_conflict", "reserved_name", "illegal_label_name", "handoff_full"}) {
    CHECK(ValueOf(page, "weir_samples_dropped_total{reason=\"" + reason + "\"}").has_value());
  }
  CHECK_FALSE(ValueOf(page, "weir_samples_dropped_total{reason=\"none\"}").has_value());
}

TEST_CASE("the law of conservation can be checked on the page", "[self_metrics]") {
  Pipeline pipeline;
  pipeline.Send("a:1|c\na:1|g\nbad\n_sc|x|0\n\na:x|c\na:1|ms|@2");
  const std::string page = SelfPage(pipeline.Reports());
  CHECK(SumOf(page, "statsd_exporter_lines_total") == 7);
  CHECK(SumOf(page, "weir_lines_total") == 7);
  CHECK(SumOf(page, "statsd_exporter_samples_total") == 4);
  CHECK(SumOf(page, "weir_samples_applied_total") == 1);
  CHECK(SumOf(page, "weir_samples_dropped_total") == 3);
}

TEST_CASE("scrapes and reloads are counted by how they ended", "[self_metrics]") {
  SelfMetrics self_metrics;
  const auto page = [&] { return Page(self_metrics, {}); };
  CHECK(ValueOf(page(), "promhttp_metric_handler_requests_total{code=\"200\"}") == "0");
  CHECK(ValueOf(page(), "promhttp_metric_handler_requests_total{code=\"503\"}") == "0");
  self_metrics.BeginScrape();
  CHECK(ValueOf(page(), "promhttp_metric_handler_requests_in_flight") == "1");
  self_metrics.EndScrape(200);
  CHECK(ValueOf(page(), "promhttp_metric_handler_requests_in_flight") == "0");
  CHECK(ValueOf(page(), "promhttp_metric_handler_requests_total{code=\"200\"}") == "1");
  self_metrics.CountReload(false);
  self_metrics.SetLoadedRules(12);
  CHECK(ValueOf(page(), "statsd_exporter_config_reloads_total{outcome=\"failure\"}") == "1");
  CHECK_FALSE(ValueOf(page(), "statsd_exporter_config_reloads_total{outcome=\"success\"}"));
  CHECK(ValueOf(page(), "statsd_exporter_loaded_mappings") == "12");
}

}  // namespace
}  // namespace weir
