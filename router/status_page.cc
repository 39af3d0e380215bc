#include "router/status_page.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <numeric>
#include <string_view>

#include "common/clock.h"
#include "common/version.h"

namespace weir {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>weir-router</title>
<style>
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --odd: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #f85149; --odd: #d29922; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .4rem; }
dl { display: flex; flex-wrap: wrap; gap: .6rem 2rem; margin: 1rem 0; }
dt { font-size: .8rem; opacity: .7; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .7rem; text-align: left;
  white-space: nowrap; }
th { font-size: .8rem; font-weight: 600; }
td.n, th.n { text-align: right; }
td.t { min-width: 8rem; overflow-wrap: anywhere; white-space: normal; }
code { font-family: ui-monospace, monospace; }
.good, .bad, .odd { font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.odd { color: var(--odd); }
</style>
</head>
<body>
)";

// What the browser shows as it is.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// 1234567 as "1 234 567", with spaces that do not break.
std::string Grouped(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, "&#8239;");
  return text;
}

// The two greatest units: "3 d 4 h", "2 min 5 s".
std::string AgeText(int64_t seconds) {
  struct Unit {
    int64_t seconds;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86'400, " d"}, {3'600, " h"}, {60, " min"}, {1, " s"}};
  const Unit* unit = std::begin(kUnits);
  while (seconds < unit->seconds && unit->seconds > 1) ++unit;
  std::string text = std::to_string(seconds / unit->seconds) + unit->name;
  const int64_t rest = seconds % unit->seconds;
  if (rest == 0) return text;
  const Unit& next = unit[1];
  return text + " " + std::to_string(rest / next.seconds) + next.name;
}

std::string Mark(std::string_view kind, std::string_view text) {
  std::string mark = "<span class=\"";
  return mark.append(kind).append("\">").append(text).append("</span>");
}

std::string Row(std::initializer_list<std::string> cells) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) row += cell;
  return row + "</tr>\n";
}

std::string TextCell(std::string_view text) { return "<td class=\"t\">" + Escaped(text) + "</td>"; }
std::string Cell(std::string_view html) { return "<td>" + std::string(html) + "</td>"; }
std::string NumberCell(uint64_t count) { return "<td class=\"n\">" + Grouped(count) + "</td>"; }
std::string Heading(std::string_view text) { return "<th>" + std::string(text) + "</th>"; }
std::string NumberHeading(std::string_view text) {
  return "<th class=\"n\">" + std::string(text) + "</th>";
}

std::string Table(std::string_view title, std::string_view rows) {
  std::string table = "<h2>";
  return table.append(title)
      .append("</h2>\n<div class=\"wide\"><table>\n")
      .append(rows)
      .append("</table></div>\n");
}

std::string Fact(std::string_view name, std::string_view html) {
  std::string fact = "<div><dt>";
  return fact.append(name).append("</dt><dd>").append(html).append("</dd></div>\n");
}

std::string Summary(const RouterReport& report) {
  const WorkerStats& stats = report.stats;
  const uint64_t malformed =
      std::accumulate(stats.malformed.begin(), stats.malformed.end(), uint64_t{0});
  std::string facts = "<h1>weir-router</h1>\n<dl>\n";
  facts += Fact("Health", report.up ? Mark("good", "up") : Mark("bad", "down"));
  facts += Fact("Panic", report.panic ? Mark("bad", "yes: too few downstreams are alive") : "no");
  facts += Fact("Ring", "<code>" + Escaped(report.fingerprint) + "</code>");
  facts += Fact("Placement", WordOf(report.config.placement));
  facts += Fact("Key", WordOf(report.config.key));
  facts += Fact("Uptime", AgeText(std::max<int64_t>(report.uptime_seconds, 0)));
  facts += Fact("Workers", std::to_string(report.workers));
  facts += Fact("Version", std::string(kVersion) + " (" + kRevision + ")");
  facts += "</dl>\n<dl>\n";
  facts += Fact("Lines received", Grouped(stats.lines));
  facts += Fact("Empty", Grouped(stats.empty));
  facts += Fact("Malformed", Grouped(malformed));
  facts += Fact("Made here", Grouped(stats.own_lines));
  return facts + "</dl>\n";
}

std::string StateText(const DownstreamReport& downstream, OnDown on_down) {
  const NodeHealth& health = downstream.health;
  std::string text = health.drained ? Mark("odd", health.alive ? "drained" : "drained, down")
                     : health.alive ? Mark("good", "up")
                                    : Mark("bad", "down");
  if (downstream.lane.down) {
    text += on_down == OnDown::kHold ? ", lines are held" : ", lines are dropped";
  } else if (health.in_ring != (health.alive && !health.drained)) {
    text += health.in_ring ? ", kept in the ring" : ", out of the ring";
  }
  return text;
}

std::string ProbeText(const NodeHealth& health) {
  if (health.kind == HealthKind::kNone) return "none";
  std::string text(WordOf(health.kind));
  if (health.last_result != ProbeResult::kNone) {
    text.append(": ").append(Name(health.last_result));
  }
  return text;
}

// For how long it has been alive or dead.
std::string SinceText(const NodeHealth& health, const RouterReport& report) {
  if (health.changes == 0) return "start";
  const int64_t seconds = (report.now_nanos - health.changed_nanos) / kNanosPerSecond;
  return AgeText(std::max<int64_t>(seconds, 0)) + " ago";
}

// State and traffic come first: they are what a phone shows.
std::string Downstreams(const RouterReport& report) {
  std::string rows =
      Row({Heading("Label"), Heading("State"), NumberHeading("Lines sent"),
           NumberHeading("Lines dropped"), NumberHeading("Lines waiting"), Heading("Since"),
           Heading("Probe"), NumberHeading("Weight"), Heading("Transport"), Heading("Address")});
  for (const DownstreamReport& downstream : report.downstreams) {
    const LaneReport& lane = downstream.lane;
    rows +=
        Row({TextCell(lane.label), Cell(StateText(downstream, report.config.on_down)),
             NumberCell(lane.counters.forwarded_lines()), NumberCell(lane.counters.dropped_lines()),
             NumberCell(lane.waiting.lines), Cell(SinceText(downstream.health, report)),
             Cell(ProbeText(downstream.health)), NumberCell(downstream.weight),
             Cell(Name(lane.transport)), TextCell(lane.address)});
  }
  if (report.retired.taken_lines > 0) {
    rows += Row({"<td colspan=\"2\">taken away by reloads</td>",
                 NumberCell(report.retired.forwarded_lines()),
                 NumberCell(report.retired.dropped_lines()),
                 NumberCell(report.retired_waiting.lines), "<td colspan=\"5\"></td>"});
  }
  return Table("Downstreams", rows);
}

// A listener of several ports knows one of its addresses only.
std::string AddressText(const ListenerReport& listener, const ListenConfig& config) {
  if (listener.transport != Transport::kUdp || config.udp.size() < 2) return listener.address;
  std::string text;
  for (const std::string& address : config.udp) text += (text.empty() ? "" : ", ") + address;
  return text;
}

std::string Listeners(const RouterReport& report) {
  std::string rows =
      Row({Heading("Transport"), Heading("Address"), NumberHeading("Datagrams"),
           NumberHeading("Bytes"), NumberHeading("Kernel drops"), NumberHeading("Connections")});
  for (const auto& [transport, listener] : report.listeners) {
    rows +=
        Row({Cell(Name(transport)), TextCell(AddressText(listener, report.config.listen)),
             NumberCell(listener.counters.datagrams), NumberCell(listener.counters.bytes),
             NumberCell(listener.kernel_drops), NumberCell(listener.counters.open_connections)});
  }
  return Table("Listeners", rows);
}

}  // namespace

std::string StatusPage(const RouterReport& report) {
  return std::string(kHead) + Summary(report) + Downstreams(report) + Listeners(report) +
         "<p><a href=\"/metrics\">Metrics</a> · <a href=\"/-/healthy\">Healthy</a> · "
         "<a href=\"/-/ready\">Ready</a></p>\n</body>\n</html>\n";
}

}  // namespace weir
