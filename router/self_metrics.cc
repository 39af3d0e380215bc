#include "router/self_metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

#include "common/http_intake_totals.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "common/utf8_piece.h"
#include "common/version.h"

namespace weir {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

double AsDouble(uint64_t count) { return static_cast<double>(count); }

void AddCounter(std::string_view name, std::string_view help, uint64_t value, Families* families) {
  families->push_back(OwnFamily::Counter(name, help).Add(AsDouble(value)).Take());
}

void AddGauge(std::string_view name, std::string_view help, double value, Families* families) {
  families->push_back(OwnFamily::Gauge(name, help).Add(value).Take());
}

void Append(Families more, Families* families) {
  std::move(more.begin(), more.end(), std::back_inserter(*families));
}

// A page with a byte that is no UTF-8, or with a NUL, is refused whole by its reader.
std::string Showable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Utf8Piece piece = FirstUtf8Piece(text);
    const bool good = piece.valid && text[0] != '\0';
    shown += good ? text.substr(0, piece.size) : Utf8Piece::kReplacement;
    text.remove_prefix(piece.size);
  }
  return shown;
}

// What the downstreams are called on the page, in their order: each a name of its own.
std::vector<std::string> PageNames(const RouterReport& report) {
  std::set<std::string, std::less<>> taken = {std::string(kRetiredLabel)};
  std::vector<std::string> names;
  for (const DownstreamReport& downstream : report.downstreams) {
    std::string name = Showable(downstream.lane.label);
    while (!taken.insert(name).second) name += '\'';
    names.push_back(std::move(name));
  }
  return names;
}

void AddLines(const WorkerStats& stats, Families* families) {
  uint64_t malformed = 0;
  for (const uint64_t count : stats.malformed) malformed += count;
  families->push_back(
      OwnFamily::Counter("weir_lines_total",
                         "Lines received, by what they were. Sums up to all lines.")
          .Add({{"verdict", "empty"}}, AsDouble(stats.empty))
          .Add({{"verdict", "malformed"}}, AsDouble(malformed))
          .Add({{"verdict", "routed"}}, AsDouble(stats.lines - stats.empty - malformed))
          .Take());
  auto errors =
      OwnFamily::Counter("weir_line_errors_total", "Malformed lines, by what is wrong with them.");
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    errors.Add({{"reason", Name(static_cast<ParseError>(i))}}, AsDouble(stats.malformed[i]));
  }
  families->push_back(errors.Take());
  AddCounter("weir_own_lines_total", "Lines made here, about this router.", stats.own_lines,
             families);
}

// One number of a downstream's traffic.
struct TrafficFact {
  std::string_view name;
  std::string_view help;
  uint64_t (*value)(const DownstreamCounters&);
};

constexpr TrafficFact kTraffic[] = {
    {"weir_downstream_taken_lines_total", "Lines that were placed on the downstream.",
     [](const DownstreamCounters& c) { return c.taken_lines; }},
    {"weir_downstream_sent_lines_total", "Lines given to the kernel.",
     [](const DownstreamCounters& c) { return c.sent.lines; }},
    {"weir_downstream_sent_bytes_total", "Bytes given to the kernel.",
     [](const DownstreamCounters& c) { return c.sent.bytes; }},
    {"weir_downstream_sent_packets_total", "Datagrams given to the kernel; for TCP as many pieces.",
     [](const DownstreamCounters& c) { return c.sent.packets; }},
    {"weir_downstream_returned_lines_total",
     "Lines that were sent and came back, which count as dropped.",
     [](const DownstreamCounters& c) { return c.returned.lines; }},
    {"weir_downstream_connects_total", "TCP connections that came about.",
     [](const DownstreamCounters& c) { return c.connects; }},
    {"weir_downstream_connect_failures_total", "TCP connections that did not come about.",
     [](const DownstreamCounters& c) { return c.connect_failures; }},
};

struct DropFact {
  std::string_view name;
  std::string_view help;
  uint64_t Amount::*value;
};

constexpr DropFact kDrops[] = {
    {"weir_downstream_dropped_lines_total", "Lines lost on the way, by reason.", &Amount::lines},
    {"weir_downstream_dropped_bytes_total", "Bytes lost on the way, by reason.", &Amount::bytes},
    {"weir_downstream_dropped_packets_total", "Whole datagrams or pieces lost on the way.",
     &Amount::packets},
};

void AddTraffic(const RouterReport& report, const std::vector<std::string>& names,
                Families* families) {
  for (const TrafficFact& fact : kTraffic) {
    auto family = OwnFamily::Counter(fact.name, fact.help);
    for (size_t i = 0; i < names.size(); ++i) {
      family.Add({{"downstream", names[i]}},
                 AsDouble(fact.value(report.downstreams[i].lane.counters)));
    }
    family.Add({{"downstream", kRetiredLabel}}, AsDouble(fact.value(report.retired)));
    families->push_back(family.Take());
  }
  for (const DropFact& fact : kDrops) {
    auto family = OwnFamily::Counter(fact.name, fact.help);
    const auto add = [&](std::string_view name, const DownstreamCounters& counters) {
      for (size_t i = 0; i < kDropReasonCount; ++i) {
        family.Add({{"downstream", name}, {"reason", Name(static_cast<DropReason>(i))}},
                   AsDouble(counters.dropped[i].*fact.value));
      }
    };
    for (size_t i = 0; i < names.size(); ++i) add(names[i], report.downstreams[i].lane.counters);
    add(kRetiredLabel, report.retired);
    families->push_back(family.Take());
  }
}

void AddWaiting(const RouterReport& report, const std::vector<std::string>& names,
                Families* families) {
  auto lines = OwnFamily::Gauge("weir_downstream_waiting_lines",
                                "Lines that wait to be sent, those held included.");
  auto bytes = OwnFamily::Gauge("weir_downstream_waiting_bytes",
                                "Bytes that wait to be sent, those held included.");
  auto held_lines =
      OwnFamily::Gauge("weir_downstream_held_lines", "Lines kept until the downstream is back.");
  auto held_bytes =
      OwnFamily::Gauge("weir_downstream_held_bytes", "Bytes kept until the downstream is back.");
  for (size_t i = 0; i < names.size(); ++i) {
    const LaneReport& lane = report.downstreams[i].lane;
    lines.Add({{"downstream", names[i]}}, AsDouble(lane.waiting.lines));
    bytes.Add({{"downstream", names[i]}}, AsDouble(lane.waiting.bytes));
    held_lines.Add({{"downstream", names[i]}}, AsDouble(lane.held.lines));
    held_bytes.Add({{"downstream", names[i]}}, AsDouble(lane.held.bytes));
  }
  lines.Add({{"downstream", kRetiredLabel}}, AsDouble(report.retired_waiting.lines));
  bytes.Add({{"downstream", kRetiredLabel}}, AsDouble(report.retired_waiting.bytes));
  for (OwnFamily* family : {&lines, &bytes, &held_lines, &held_bytes}) {
    families->push_back(family->Take());
  }
}

// One number of a downstream's state.
struct StateFact {
  std::string_view name;
  std::string_view help;
  bool is_counter;
  uint64_t (*value)(const DownstreamReport&);
};

constexpr StateFact kStates[] = {
    {"weir_downstream_up", "1 while the downstream counts as alive.", false,
     [](const DownstreamReport& d) { return uint64_t{d.health.alive}; }},
    {"weir_downstream_in_ring", "1 while keys are placed on the downstream.", false,
     [](const DownstreamReport& d) { return uint64_t{d.health.in_ring}; }},
    {"weir_downstream_drained", "1 while it is taken out by hand.", false,
     [](const DownstreamReport& d) { return uint64_t{d.health.drained}; }},
    {"weir_downstream_weight", "Its share of the keys, as configured.", false,
     [](const DownstreamReport& d) { return uint64_t{d.weight}; }},
    {"weir_downstream_state_changes_total", "Deaths and returns.", true,
     [](const DownstreamReport& d) { return d.health.changes; }},
    {"weir_downstream_probes_total", "Probes begun.", true,
     [](const DownstreamReport& d) { return d.health.probes; }},
    {"weir_downstream_probe_failures_total", "Probes that ended without a good answer.", true,
     [](const DownstreamReport& d) { return d.health.probe_failures; }},
    {"weir_downstream_refusals_total",
     "Times that a worker told the probes that nobody listens on the data port.", true,
     [](const DownstreamReport& d) { return d.health.refusals; }},
};

void AddStates(const RouterReport& report, const std::vector<std::string>& names,
               Families* families) {
  for (const StateFact& fact : kStates) {
    auto family = fact.is_counter ? OwnFamily::Counter(fact.name, fact.help)
                                  : OwnFamily::Gauge(fact.name, fact.help);
    for (size_t i = 0; i < names.size(); ++i) {
      family.Add({{"downstream", names[i]}}, AsDouble(fact.value(report.downstreams[i])));
    }
    families->push_back(family.Take());
  }
}

void AddSources(const RouterReport& report, Families* families) {
  auto found = OwnFamily::Gauge("weir_discovered_downstreams", "Downstreams a source stands for.");
  auto answers =
      OwnFamily::Counter("weir_discoveries_total", "Times a source was asked, by the answer.");
  for (const SourceReport& source : report.sources) {
    const auto add = [&](std::string_view outcome, uint64_t count) {
      answers.Add(
          {{"kind", WordOf(source.kind)}, {"source", Showable(source.where)}, {"outcome", outcome}},
          AsDouble(count));
    };
    add("success", source.successes);
    add("empty", source.empty);
    add("failure", source.failures);
    found.Add({{"kind", WordOf(source.kind)}, {"source", Showable(source.where)}},
              AsDouble(source.downstreams));
  }
  families->push_back(found.Take());
  families->push_back(answers.Take());
}

void AddRouter(const RouterReport& report, Families* families) {
  families->push_back(OwnFamily::Gauge("weir_ring_info",
                                       "Who places keys alike has the same fingerprint; always 1.")
                          .Add({{"fingerprint", report.fingerprint},
                                {"placement", WordOf(report.config.placement)},
                                {"key", WordOf(report.config.key)}},
                               1)
                          .Take());
  AddGauge("weir_panic", "1 while deaths change nothing, because too few are alive.", report.panic,
           families);
  AddGauge("weir_workers", "Threads that receive and send.", AsDouble(report.workers), families);
  AddGauge("weir_up", "1 while /-/healthy says so.", report.up, families);
  AddCounter("weir_lost_log_lines_total", "Log lines dropped because nobody read them.",
             LostLogLines(), families);
}

}  // namespace

SelfMetrics::SelfMetrics(const InheritedCounters* inherited)
    : inherited_(inherited),
      reloads_(registry_, "weir_config_reloads_total", "Reloads of the configuration"),
      guard_reloads_(registry_, "weir_auth_reloads_total", "Reloads of the files of --auth flags"),
      web_reloads_(registry_, "weir_web_config_reloads_total", "Reloads of --web.config.file"),
      last_reload_succeeded_(prometheus::BuildGauge()
                                 .Name("weir_config_last_reload_successful")
                                 .Help("1 unless the last reload failed.")
                                 .Register(registry_)
                                 .Add({})),
      last_success_(prometheus::BuildGauge()
                        .Name("weir_config_last_reload_success_timestamp_seconds")
                        .Help("When the configuration in force was read, in seconds since 1970.")
                        .Register(registry_)
                        .Add({})) {
  last_reload_succeeded_.Set(1);
  last_success_.SetToCurrentTime();
  prometheus::BuildGauge()
      .Name("weir_build_info")
      .Help("Which build this is; the value is always 1.")
      .Register(registry_)
      .Add({{"version", kVersion}, {"revision", kRevision}, {"branch", kBranch}})
      .Set(1);
}

void SelfMetrics::CountReload(bool success) {
  reloads_.Count(success);
  last_reload_succeeded_.Set(success);
  if (success) last_success_.SetToCurrentTime();
}

Families SelfMetrics::Collect(const RouterReport& report) const {
  Families families = registry_.Collect();
  const std::vector<std::string> names = PageNames(report);
  AddLines(report.stats, &families);
  Append(ListenerFamilies(report.listeners), &families);
  Append(HttpIntakeFamilies(report.http_intake), &families);
  AddTraffic(report, names, &families);
  AddWaiting(report, names, &families);
  AddStates(report, names, &families);
  AddSources(report, &families);
  AddRouter(report, &families);
  if (inherited_ != nullptr) inherited_->AddTo(&families);
  Append(CollectProcess(), &families);
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  return families;
}

std::string TextPage(const Families& families) {
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace weir
