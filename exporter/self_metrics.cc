#include "exporter/self_metrics.h"

#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "common/http_intake_totals.h"
#include "common/listener_totals.h"
#include "common/log.h"
#include "common/telemetry.h"
#include "common/topology/config_words.h"
#include "common/version.h"
#include "exporter/collected.h"
#include "exporter/limit_metrics.h"
#include "exporter/storage/storage_totals.h"
#include "exporter/totals.h"

namespace weir {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

constexpr std::string_view kKindNames[] = {"counter", "gauge", "set", "summary", "histogram"};
constexpr std::string_view kEventNames[] = {"counter", "gauge", "observer"};
constexpr std::string_view kVerdictNames[] = {"empty", "malformed", "event", "check", "sampled"};
static_assert(std::size(kVerdictNames) == kLineVerdictCount);

// The parser's errors that cost a sample. The others cost a whole line, or nothing (a bad rate).
constexpr ParseError kSampleErrors[] = {
    ParseError::kMalformedComponent, ParseError::kMalformedValue, ParseError::kMalformedContainerId,
    ParseError::kIllegalEvent};
constexpr std::string_view kVoid = "void_sample_rate";

void AddCounter(std::string_view name, std::string_view help, uint64_t value, Families* families) {
  families->push_back(OwnFamily::Counter(name, help).Add(static_cast<double>(value)).Take());
}

void AddGauge(std::string_view name, std::string_view help, double value, Families* families) {
  families->push_back(OwnFamily::Gauge(name, help).Add(value).Take());
}

// A series appears with its first event, as in the peer.
void AddSome(OwnFamily* family, OwnLabels labels, uint64_t value) {
  if (value > 0) family->Add(labels, static_cast<double>(value));
}

void AddEvents(const Totals& totals, Families* families) {
  const ShardStats& stats = totals.stats;
  auto events = OwnFamily::Counter("statsd_exporter_events_total",
                                   "StatsD events that became part of a series.");
  for (size_t kind = 0; kind < 3; ++kind) {
    AddSome(&events, {{"type", kEventNames[kind]}}, stats.events_applied[kind]);
  }
  families->push_back(events.Take());

  AddCounter("statsd_exporter_events_unmapped_total", "StatsD events that no mapping rule matched.",
             stats.events_unmapped, families);

  auto actions = OwnFamily::Counter("statsd_exporter_events_actions_total",
                                    "StatsD events that a mapping rule matched, by its action.");
  AddSome(&actions, {{"action", "map"}}, stats.events_mapped);
  AddSome(&actions, {{"action", "drop"}}, stats.events_dropped);
  families->push_back(actions.Take());

  auto errors = OwnFamily::Counter("statsd_exporter_events_error_total",
                                   "StatsD events that could not become part of any series.");
  for (size_t i = 1; i < kRefusalCount; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    if (refusal == Refusal::kConflict) continue;
    AddSome(&errors, {{"reason", Name(refusal)}}, stats.events_refused[i]);
  }
  AddSome(&errors, {{"reason", kVoid}}, stats.parse.void_samples);
  families->push_back(errors.Take());

  auto conflicts = OwnFamily::Counter(
      "statsd_exporter_events_conflict_total",
      "StatsD events refused because another type has their name. The first 100 names are told.");
  for (const auto& [key, count] : totals.conflicts) {
    AddSome(&conflicts,
            {{"type", kEventNames[static_cast<size_t>(key.first)]}, {"metric_name", key.second}},
            count);
  }
  families->push_back(conflicts.Take());

  AddCounter("statsd_exporter_event_queue_flushed_total",
             "Batches of samples applied. There is no queue between receiving and applying.",
             stats.batches, families);
}

void AddLines(const Totals& totals, Families* families) {
  const ShardStats& stats = totals.stats;
  AddCounter("statsd_exporter_lines_total", "Lines received, empty ones included.", stats.lines,
             families);
  AddCounter("statsd_exporter_samples_total", "Samples found in lines, good or bad.",
             stats.parse.samples, families);
  auto errors = OwnFamily::Counter("statsd_exporter_sample_errors_total",
                                   "Errors found in lines and samples, by reason.");
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    AddSome(&errors, {{"reason", Name(static_cast<ParseError>(i))}}, stats.parse.errors[i]);
  }
  families->push_back(errors.Take());
  AddCounter("statsd_exporter_tags_total", "Samples that had at least one tag.",
             stats.tags + stats.parse.tags, families);
  AddCounter("statsd_exporter_tag_errors_total", "Tags that could not be read and were skipped.",
             stats.tag_errors + stats.parse.tag_errors, families);

  auto verdicts = OwnFamily::Counter("weir_lines_total",
                                     "Lines received, by what they were. Sums up to all lines.");
  for (size_t i = 0; i < kLineVerdictCount; ++i) {
    verdicts.Add({{"verdict", kVerdictNames[i]}}, static_cast<double>(stats.parse.lines[i]));
  }
  families->push_back(verdicts.Take());

  AddCounter("weir_samples_applied_total",
             "Samples that became part of a series. With those dropped: all samples.",
             stats.applied, families);
  auto dropped = OwnFamily::Counter("weir_samples_dropped_total",
                                    "Samples that did not become part of a series, by reason.");
  for (const ParseError error : kSampleErrors) {
    AddSome(&dropped, {{"reason", Name(error)}}, stats.parse.errors[static_cast<size_t>(error)]);
  }
  AddSome(&dropped, {{"reason", kVoid}}, stats.parse.void_samples);
  AddSome(&dropped, {{"reason", "mapping_rule"}}, stats.dropped_by_rule);
  for (size_t i = 1; i < kRefusalCount; ++i) {
    AddSome(&dropped, {{"reason", Name(static_cast<Refusal>(i))}}, stats.refused[i]);
  }
  families->push_back(dropped.Take());
  AddCounter("weir_ignored_fields_total", "Fields of samples that were skipped as unknown.",
             stats.parse.ignored_fields, families);
}

void AddListeners(const Totals& totals, Families* families) {
  const auto of = [&](Transport transport) {
    const auto found = totals.listeners.find(transport);
    return found == totals.listeners.end() ? ListenerReport{} : found->second;
  };
  const ListenerReport udp = of(Transport::kUdp), tcp = of(Transport::kTcp);
  AddCounter("statsd_exporter_udp_packets_total", "UDP datagrams received.", udp.counters.datagrams,
             families);
  AddCounter("statsd_exporter_udp_packet_drops_total",
             "UDP datagrams the kernel dropped because the receive buffer was full.",
             udp.kernel_drops, families);
  AddCounter("statsd_exporter_tcp_connections_total", "TCP connections accepted.",
             tcp.counters.connections, families);
  AddCounter("statsd_exporter_tcp_connection_errors_total", "TCP connections ended by an error.",
             tcp.counters.connection_errors, families);
  AddCounter("statsd_exporter_tcp_too_long_lines_total",
             "Lines over TCP that were longer than 64 KiB and dropped.",
             tcp.counters.too_long_lines, families);
  AddCounter("statsd_exporter_unixgram_packets_total", "Unix datagrams received.",
             of(Transport::kUnixgram).counters.datagrams, families);

  Families by_listener = ListenerFamilies(totals.listeners);
  std::move(by_listener.begin(), by_listener.end(), std::back_inserter(*families));
}

// There only with a relay, as in the peer.
void AddRelay(const Totals& totals, const std::string& target, Families* families) {
  auto packets = OwnFamily::Counter("statsd_exporter_relay_packets_total",
                                    "Datagrams sent to the relay's target, or tried to.");
  auto long_lines = OwnFamily::Counter("statsd_exporter_relay_long_lines_total",
                                       "Lines not relayed because no datagram holds them.");
  auto lines =
      OwnFamily::Counter("statsd_exporter_relay_lines_relayed_total", "Lines taken to be relayed.");
  auto dropped = OwnFamily::Counter("weir_relay_dropped_lines_total",
                                    "Lines taken to be relayed that were lost, by reason.");
  if (totals.relay) {
    const auto add = [&](OwnFamily* family, uint64_t value) {
      family->Add({{"target", target}}, static_cast<double>(value));
    };
    add(&packets, totals.relay->packets);
    add(&long_lines, totals.relay->long_lines);
    add(&lines, totals.relay->lines);
    for (size_t i = 0; i < kRelayDropCount; ++i) {
      dropped.Add({{"reason", Name(static_cast<RelayDrop>(i))}, {"target", target}},
                  static_cast<double>(totals.relay->dropped_lines[i]));
    }
  }
  for (OwnFamily* family : {&packets, &long_lines, &lines, &dropped}) {
    families->push_back(family->Take());
  }
}

void AddSeries(const Totals& totals, size_t shards, Families* families) {
  constexpr auto kGauge = static_cast<size_t>(SeriesKind::kGauge);
  constexpr auto kSet = static_cast<size_t>(SeriesKind::kSet);
  auto metrics = OwnFamily::Gauge("statsd_exporter_metrics_total",
                                  "Metrics on the page, one per name and set of label names.");
  for (size_t kind = 0; kind < kSeriesKindCount; ++kind) {
    if (kind == kSet) continue;
    const double count = totals.vectors[kind] + (kind == kGauge ? totals.vectors[kSet] : 0);
    if (count > 0) metrics.Add({{"type", kKindNames[kind]}}, count);
  }
  families->push_back(metrics.Take());

  auto series = OwnFamily::Gauge("weir_series", "Series on the page.");
  for (size_t kind = 0; kind < kSeriesKindCount; ++kind) {
    series.Add({{"type", kKindNames[kind]}}, totals.series[kind]);
  }
  families->push_back(series.Take());
  AddGauge("weir_families", "Families (names) on the page.", totals.families, families);
  AddGauge("weir_shards", "Threads that receive and aggregate.", static_cast<double>(shards),
           families);
  const auto bytes = [](size_t count) { return static_cast<double>(count); };
  families->push_back(
      OwnFamily::Gauge("weir_memory_bytes", "Memory held, by what for; an estimate.")
          .Add({{"subsystem", "cells"}}, bytes(totals.memory.cells))
          .Add({{"subsystem", "index"}}, bytes(totals.memory.index))
          .Add({{"subsystem", "memo"}}, totals.memo_bytes)
          .Add({{"subsystem", "observers"}}, bytes(totals.memory.observers))
          .Add({{"subsystem", "text"}}, bytes(totals.memory.text))
          .Take());

  AddGauge("statsd_metric_mapper_cache_length", "Names and tags whose series is remembered.",
           totals.memo_entries, families);
  AddCounter("statsd_metric_mapper_cache_gets_total", "Samples looked up in the memo.",
             totals.stats.memo_gets, families);
  AddCounter("statsd_metric_mapper_cache_hits_total", "Samples found in the memo.",
             totals.stats.memo_gets - totals.stats.memo_misses, families);
}

}  // namespace

SelfMetrics::SelfMetrics(const InheritedCounters* inherited)
    : inherited_(inherited),
      reloads_(prometheus::BuildCounter()
                   .Name("statsd_exporter_config_reloads_total")
                   .Help("Reloads of the mapping files, by how they ended.")
                   .Register(registry_)),
      ring_reloads_(registry_, "weir_ring_reloads_total", "Reloads of --ring.config-file"),
      guard_reloads_(registry_, "weir_auth_reloads_total", "Reloads of the files of --auth flags"),
      web_reloads_(registry_, "weir_web_config_reloads_total", "Reloads of --web.config.file"),
      loaded_mappings_(prometheus::BuildGauge()
                           .Name("statsd_exporter_loaded_mappings")
                           .Help("Mapping rules in force.")
                           .Register(registry_)
                           .Add({})),
      scrapes_(prometheus::BuildCounter()
                   .Name("promhttp_metric_handler_requests_total")
                   .Help("Requests for this page, by status; not counting this one.")
                   .Register(registry_)),
      scrapes_in_flight_(prometheus::BuildGauge()
                             .Name("promhttp_metric_handler_requests_in_flight")
                             .Help("Requests for this page that are being answered.")
                             .Register(registry_)
                             .Add({})) {
  for (const char* code : {"200", "500", "503"}) scrapes_.Add({{"code", code}});
  prometheus::BuildGauge()
      .Name("statsd_exporter_build_info")
      .Help("Which build this is; the value is always 1.")
      .Register(registry_)
      .Add({{"version", kVersion},
            {"revision", kRevision},
            {"branch", kBranch},
            {"goversion", "g++" __VERSION__},
            {"goos", "linux"},
            {"goarch", kArchitecture},
            {"tags", "weir"}})
      .Set(1);
}

void SelfMetrics::CountReload(bool success) {
  // As the peer, which shows an outcome once there was one.
  reloads_.Add({{"outcome", success ? "success" : "failure"}}).Increment();
}

void SelfMetrics::SetRing(const Ownership& ownership) {
  const RingConfig& config = ownership.ring().config();
  RingState state = {.fingerprint = ownership.ring().FingerprintText(),
                     .placement = PlacementName(config.placement),
                     .key = WordOf(ownership.key()),
                     .nodes = {}};
  for (size_t i = 0; i < config.nodes.size(); ++i) {
    state.nodes.emplace_back(config.nodes[i].label, ownership.nodes()[i].live);
  }
  const std::lock_guard lock(ring_mutex_);
  ring_ = std::move(state);
}

// There only with a ring.
void SelfMetrics::AddRing(const std::optional<std::array<uint64_t, kSeriesKindCount>>& let_go,
                          Families* families) const {
  auto info = OwnFamily::Gauge("weir_ring_info",
                               "Who places keys alike has the same fingerprint; always 1.");
  auto nodes = OwnFamily::Gauge("weir_ring_node_live",
                                "1 while a node of the ring is alive and takes part.");
  {
    const std::lock_guard lock(ring_mutex_);
    if (ring_) {
      info.Add({{"fingerprint", ring_->fingerprint},
                {"placement", ring_->placement},
                {"key", ring_->key}},
               1);
      for (const auto& [label, live] : ring_->nodes) nodes.Add({{"node", label}}, live);
    }
  }
  auto gone = OwnFamily::Counter(
      "weir_series_let_go_total",
      "Series let go because another live node owns them; of summaries, their quantiles.");
  if (let_go) {
    for (const SeriesKind kind : {SeriesKind::kGauge, SeriesKind::kSet, SeriesKind::kSummary}) {
      const auto index = static_cast<size_t>(kind);
      gone.Add({{"type", kKindNames[index]}}, static_cast<double>((*let_go)[index]));
    }
  }
  for (OwnFamily* family : {&info, &nodes, &gone}) families->push_back(family->Take());
}

void SelfMetrics::EndScrape(int status) {
  scrapes_in_flight_.Decrement();
  scrapes_.Add({{"code", std::to_string(status)}}).Increment();
}

Families SelfMetrics::CollectAll(const std::vector<ShardReport>& reports) const {
  Families families = registry_.Collect();
  const Totals totals = AddUp(reports);
  AddEvents(totals, &families);
  AddLines(totals, &families);
  Families limits = LimitFamilies(budget_, totals.stats);
  std::move(limits.begin(), limits.end(), std::back_inserter(families));
  AddListeners(totals, &families);
  Families http = HttpIntakeFamilies(http_intake_ ? std::optional(http_intake_()) : std::nullopt);
  std::move(http.begin(), http.end(), std::back_inserter(families));
  Families storage =
      StorageFamilies(storage_ ? std::optional(storage_()) : std::nullopt, totals.displaced);
  std::move(storage.begin(), storage.end(), std::back_inserter(families));
  AddRelay(totals, relay_target_, &families);
  AddSeries(totals, reports.size(), &families);
  AddRing(totals.let_go, &families);
  AddCounter("weir_lost_log_lines_total", "Log lines dropped because nobody read them.",
             LostLogLines(), &families);
  if (inherited_ != nullptr) inherited_->AddTo(&families);
  Families process = CollectProcess();
  std::move(process.begin(), process.end(), std::back_inserter(families));
  return families;
}

Families SelfMetrics::Collect(const std::vector<ShardReport>& reports) const {
  return SortCollected(CollectAll(reports));
}

std::vector<std::string> SelfMetrics::Names() const {
  // A prometheus-cpp family without metrics is not collected.
  std::vector<std::string> names = {"statsd_exporter_config_reloads_total",
                                    "statsd_exporter_config_reloads",
                                    "weir_ring_reloads_total",
                                    "weir_ring_reloads",
                                    "weir_auth_reloads_total",
                                    "weir_auth_reloads",
                                    "weir_web_config_reloads_total",
                                    "weir_web_config_reloads"};
  constexpr std::string_view kTotal = "_total";
  for (const auto& family : CollectAll({})) {
    names.push_back(family.name);
    if (family.name.ends_with(kTotal)) {
      names.push_back(family.name.substr(0, family.name.size() - kTotal.size()));
    }
  }
  return names;
}

}  // namespace weir
