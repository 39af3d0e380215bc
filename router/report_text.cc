#include "router/report_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "common/parse_counters.h"
#include "common/socket.h"
#include "common/topology/config_words.h"
#include "common/topology/probe.h"
#include "router/downstream_counters.h"
#include "router/shown.h"

namespace weir {
namespace {

constexpr std::string_view kEnd = "END\n\n";

std::string YesNo(bool yes) { return yes ? "yes" : "no"; }

// Writes `prefix` + `key` + ": " + `value` + LF.
class KeyedLines {
 public:
  void SetPrefix(std::string prefix) { prefix_ = std::move(prefix); }
  void Add(std::string_view key, std::string_view value) {
    text_.append(prefix_).append(key).append(": ").append(value).append("\n");
  }
  void Add(std::string_view key, uint64_t value) { Add(key, std::to_string(value)); }
  void Add(const std::string& key, const Amount& amount) {
    Add(key + "_lines", amount.lines);
    Add(key + "_bytes", amount.bytes);
    Add(key + "_packets", amount.packets);
  }

  const std::string& text() const { return text_; }

 private:
  std::string prefix_;
  std::string text_;
};

void AddIntake(const ListenerReport& listener, KeyedLines* lines) {
  const ListenerCounters& counters = listener.counters;
  lines->SetPrefix("listener." + std::string(Name(listener.transport)) + ".");
  lines->Add("datagrams", counters.datagrams);
  lines->Add("bytes", counters.bytes);
  lines->Add("kernel_drops", listener.kernel_drops);
  lines->Add("truncated", counters.truncated);
  lines->Add("receive_errors", counters.receive_errors);
  lines->Add("connections", counters.connections);
  lines->Add("connection_errors", counters.connection_errors);
  lines->Add("accept_errors", counters.accept_errors);
  lines->Add("too_long_lines", counters.too_long_lines);
  lines->Add("unfinished_lines", counters.unfinished_lines);
  lines->Add("bad_frames", counters.bad_frames);
  lines->Add("open_connections", counters.open_connections);
  lines->Add("pending_bytes", counters.pending_bytes);
  for (size_t i = 0; i < kRejectionCount; ++i) {
    if (!listener.rejects[i]) continue;
    lines->Add("rejected." + std::string(Name(static_cast<Rejection>(i))), counters.rejected[i]);
  }
}

void AddCounters(const DownstreamCounters& counters, KeyedLines* lines) {
  lines->Add("taken_lines", counters.taken_lines);
  lines->Add("sent", counters.sent);
  lines->Add("returned", counters.returned);
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    const Amount& dropped = counters.dropped_for(reason);
    const std::string suffix = "." + std::string(Name(reason));
    lines->Add("dropped_lines" + suffix, dropped.lines);
    lines->Add("dropped_bytes" + suffix, dropped.bytes);
    lines->Add("dropped_packets" + suffix, dropped.packets);
  }
  lines->Add("connects", counters.connects);
  lines->Add("connect_failures", counters.connect_failures);
}

void AddDownstream(const DownstreamReport& downstream, KeyedLines* lines) {
  const LaneReport& lane = downstream.lane;
  const NodeHealth& health = downstream.health;
  lines->SetPrefix("downstream." + Shown(health.label) + ".");
  lines->Add("up", health.alive);
  lines->Add("drained", health.drained);
  lines->Add("in_ring", health.in_ring);
  lines->Add("weight", downstream.weight);
  lines->Add("state_changes", health.changes);
  lines->Add("probes", health.probes);
  lines->Add("probe_failures", health.probe_failures);
  lines->Add("refusals", health.refusals);
  AddCounters(lane.counters, lines);
  lines->Add("waiting", lane.waiting);
  lines->Add("held", lane.held);
}

std::string DownstreamLine(const RouterReport& report, const DownstreamReport& downstream) {
  const LaneReport& lane = downstream.lane;
  const NodeHealth& health = downstream.health;
  const std::string_view state = health.drained ? "drained" : health.alive ? "up" : "down";
  std::string line = "downstream " + Shown(health.label) + ": " + std::string(state);
  const auto add = [&line](std::string_view key, std::string_view value) {
    line.append(" ").append(key).append("=").append(value);
  };
  add("alive", YesNo(health.alive));
  add("in_ring", YesNo(health.in_ring));
  add("address", Shown(lane.address));
  add("transport", Name(lane.transport));
  add("weight", std::to_string(downstream.weight));
  add("probe", WordOf(health.kind));
  if (health.kind != HealthKind::kNone) add("last_probe", Name(health.last_result));
  if (health.changes > 0) {
    const int64_t age = (report.now_nanos - health.changed_nanos) / kNanosPerSecond;
    add("seconds_since_change", std::to_string(std::max<int64_t>(age, 0)));
  }
  add("waiting_lines", std::to_string(lane.waiting.lines));
  add("dropped_lines", std::to_string(lane.counters.dropped_lines()));
  return line + "\n";
}

}  // namespace

std::string GoStatsText(const RouterReport& report) {
  return "time running in seconds: " + std::to_string(report.uptime_seconds) +
         "\npackets_received: " + std::to_string(report.stats.lines) + ".000000\n";
}

std::string StatsText(const RouterReport& report) {
  KeyedLines lines;
  lines.Add("health", report.up ? "up" : "down");
  lines.Add("fingerprint", report.fingerprint);
  lines.Add("panic", report.panic);
  lines.Add("workers", report.workers);
  lines.Add("lines", report.stats.lines);
  lines.Add("own_lines", report.stats.own_lines);
  lines.Add("empty", report.stats.empty);
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    lines.Add("malformed." + std::string(Name(static_cast<ParseError>(i))),
              report.stats.malformed[i]);
  }
  for (const auto& [transport, listener] : report.listeners) AddIntake(listener, &lines);
  for (const DownstreamReport& downstream : report.downstreams) AddDownstream(downstream, &lines);
  lines.SetPrefix("retired.");
  AddCounters(report.retired, &lines);
  lines.Add("waiting", report.retired_waiting);
  return GoStatsText(report) + lines.text() + std::string(kEnd);
}

std::string StatusText(const RouterReport& report) {
  const auto in_ring = std::count_if(report.downstreams.begin(), report.downstreams.end(),
                                     [](const auto& it) { return it.health.in_ring; });
  KeyedLines lines;
  lines.Add("uptime", std::to_string(report.uptime_seconds));
  lines.Add("health", report.up ? "up" : "down");
  lines.Add("placement", WordOf(report.config.placement));
  lines.Add("key", WordOf(report.config.key));
  lines.Add("fingerprint", report.fingerprint);
  lines.Add("panic", YesNo(report.panic));
  lines.Add("workers", report.workers);
  lines.Add("in_ring",
            std::to_string(in_ring) + " of " + std::to_string(report.downstreams.size()));
  std::string text = lines.text();
  for (const DownstreamReport& downstream : report.downstreams) {
    text += DownstreamLine(report, downstream);
  }
  return text + std::string(kEnd);
}

}  // namespace weir
