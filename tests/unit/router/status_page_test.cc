#include "router/status_page.h"

#include <vector>

#include "common/clock.h"
#include "tests/support/catch.h"
#include "tests/unit/router/busy_report.h"

namespace weir {
namespace {

bool Has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

size_t CountOf(const std::string& page, const std::string& text) {
  size_t count = 0;
  for (size_t at = 0; (at = page.find(text, at)) != page.npos; at += text.size()) ++count;
  return count;
}

// The row that begins with this label, as text.
std::string RowOf(const std::string& page, const std::string& label) {
  const size_t at = page.find("<tr><td class=\"t\">" + label + "</td>");
  REQUIRE(at != page.npos);
  return page.substr(at, page.find("</tr>", at) - at);
}

// Every element that is opened is closed, in order.
bool IsBalanced(const std::string& page) {
  std::vector<std::string> open;
  for (size_t at = 0; (at = page.find('<', at)) != page.npos; ++at) {
    const bool closes = page[at + 1] == '/';
    const size_t begin = at + (closes ? 2 : 1);
    const std::string name = page.substr(begin, page.find_first_of(" >", begin) - begin);
    if (name == "!DOCTYPE" || name == "meta") continue;
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

TEST_CASE("the status page needs nothing else and loads itself again", "[status_page]") {
  const std::string page = StatusPage(BusyReport());
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  CHECK(Has(page, "<meta http-equiv=\"refresh\" content=\"5\">"));
  CHECK(Has(page, "width=device-width"));
  CHECK(Has(page, "color-scheme: light dark"));
  for (const char* foreign :
       {"http://", "https://", "<script", "<link", "<img", "url(", "@import"}) {
    INFO(foreign);
    CHECK_FALSE(Has(page, foreign));
  }
  CHECK(IsBalanced(page));
}

TEST_CASE("it shows the ring, the health and how long the router runs", "[status_page]") {
  RouterReport report = BusyReport();
  report.config.placement = Placement::kKetama;
  report.uptime_seconds = 90'061;
  std::string page = StatusPage(report);
  CHECK(Has(page, "<code>0123456789abcdef</code>"));
  CHECK(Has(page, "<dd>ketama</dd>"));
  CHECK(Has(page, "<dd>1 d 1 h</dd>"));
  CHECK(Has(page, "<dt>Health</dt><dd><span class=\"good\">up</span></dd>"));
  CHECK(Has(page, "<dt>Panic</dt><dd>no</dd>"));
  report.up = false;
  report.panic = true;
  page = StatusPage(report);
  CHECK(Has(page, "<dt>Health</dt><dd><span class=\"bad\">down</span></dd>"));
  CHECK_FALSE(Has(page, "<dt>Panic</dt><dd>no</dd>"));
  for (const auto& [seconds, text] :
       std::vector<std::pair<int64_t, std::string>>{{0, "0 s"},
                                                    {59, "59 s"},
                                                    {60, "1 min"},
                                                    {61, "1 min 1 s"},
                                                    {3'600, "1 h"},
                                                    {86'399, "23 h 59 min"},
                                                    {864'000, "10 d"},
                                                    {-5, "0 s"}}) {
    report.uptime_seconds = seconds;
    CHECK(Has(StatusPage(report), "<dt>Uptime</dt><dd>" + text + "</dd>"));
  }
}

TEST_CASE("a downstream's row has its numbers, and they add up", "[status_page]") {
  const RouterReport report = BusyReport();
  const LaneReport& b = report.downstreams[1].lane;
  const std::string row = RowOf(StatusPage(report), "b");
  CHECK(Has(row, ">b:9125<"));
  CHECK(Has(row, ">udp<"));
  CHECK(b.counters.forwarded_lines() == 12'740);
  CHECK(Has(row, "<td class=\"n\">12&#8239;740</td>"));
  CHECK(Has(row, "<td class=\"n\">" + std::to_string(b.counters.dropped_lines()) + "</td>"));
  CHECK(Has(row, "<td class=\"n\">" + std::to_string(b.waiting.lines) + "</td>"));
}

TEST_CASE("it shows the lines received and what was wrong with them", "[status_page]") {
  RouterReport report;
  report.stats.lines = 1'234'567;
  report.stats.empty = 12;
  report.stats.malformed[0] = 3;
  report.stats.malformed[5] = 4;
  report.stats.own_lines = 999;
  const std::string page = StatusPage(report);
  CHECK(Has(page, "<dt>Lines received</dt><dd>1&#8239;234&#8239;567</dd>"));
  CHECK(Has(page, "<dt>Empty</dt><dd>12</dd>"));
  CHECK(Has(page, "<dt>Malformed</dt><dd>7</dd>"));
  CHECK(Has(page, "<dt>Made here</dt><dd>999</dd>"));
}

TEST_CASE("a downstream's state says where its lines go", "[status_page]") {
  RouterReport report = BusyReport();
  DownstreamReport& a = report.downstreams[0];
  const auto row = [&] { return RowOf(StatusPage(report), "a"); };
  const std::string up = "<span class=\"good\">up</span>", down = "<span class=\"bad\">down</span>";
  CHECK(Has(row(), "<td>" + up + "</td>"));
  a.health.alive = false;
  CHECK(Has(row(), "<td>" + down + ", kept in the ring</td>"));
  a.health.in_ring = false;
  CHECK(Has(row(), "<td>" + down + "</td>"));
  a.health.in_ring = a.lane.down = true;
  report.config.on_down = OnDown::kDrop;
  CHECK(Has(row(), "<td>" + down + ", lines are dropped</td>"));
  report.config.on_down = OnDown::kHold;
  CHECK(Has(row(), "<td>" + down + ", lines are held</td>"));
  a.lane.down = false;
  a.health = NodeOf("a");
  a.health.drained = true;
  CHECK(Has(row(), "drained</span>, kept in the ring</td>"));
  a.health.in_ring = false;
  CHECK(Has(row(), "<td><span class=\"odd\">drained</span></td>"));
  a.health.alive = false;
  CHECK(Has(row(), "<td><span class=\"odd\">drained, down</span></td>"));
  a.health = NodeOf("a");
  a.health.in_ring = false;
  CHECK(Has(row(), "<td>" + up + ", out of the ring</td>"));
}

TEST_CASE("a downstream's row tells of its probe and its last change", "[status_page]") {
  RouterReport report = BusyReport();
  NodeHealth& health = report.downstreams[0].health;
  const auto row = [&] { return RowOf(StatusPage(report), "a"); };
  health.changes = 0;
  CHECK(Has(row(), "<td>start</td>"));
  CHECK(Has(row(), "<td>statsd</td>"));
  health.changes = 1;
  health.changed_nanos = 1'000 * kNanosPerSecond;
  health.last_result = ProbeResult::kTimeout;
  report.now_nanos = 1'123 * kNanosPerSecond;
  CHECK(Has(row(), "<td>2 min 3 s ago</td>"));
  CHECK(Has(row(), "<td>statsd: timeout</td>"));
  report.now_nanos = 0;
  CHECK(Has(row(), "<td>0 s ago</td>"));
  health.kind = HealthKind::kNone;
  CHECK(Has(row(), "<td>none</td>"));
}

TEST_CASE("what reloads took away has a row once it has lines", "[status_page]") {
  CHECK(Has(StatusPage(BusyReport()), "taken away by reloads"));
  RouterReport report = ReportOf({"a"});
  AddUp({}, NodesOf({"a"}), &report);
  CHECK_FALSE(Has(StatusPage(report), "taken away by reloads"));
}

TEST_CASE("listeners are shown by transport, every port of UDP too", "[status_page]") {
  RouterReport report = BusyReport();
  std::string page = StatusPage(report);
  CHECK(Has(page, "<tr><td>udp</td><td class=\"t\">[::]:8125</td>"));
  CHECK(Has(page, "<tr><td>tcp</td><td class=\"t\">[::]:8125</td>"));
  report.config.listen.udp = {":8125", ":8126"};
  page = StatusPage(report);
  CHECK(Has(page, "<tr><td>udp</td><td class=\"t\">:8125, :8126</td>"));
  CHECK(Has(page, "<tr><td>tcp</td><td class=\"t\">[::]:8125</td>"));
}

TEST_CASE("whatever comes from the configuration is escaped", "[status_page]") {
  const std::string evil = "</td><script>alert('1')</script>\"&amp;";
  RouterReport report = ReportOf({evil});
  report.config.listen.udp = {evil, evil};
  report.fingerprint = evil;
  WorkerReport worker = WorkerOf({evil}, 1);
  for (ListenerReport& listener : worker.listeners) listener.address = evil;
  AddUp({worker}, NodesOf({evil}), &report);
  report.downstreams[0].lane.address = evil;
  const std::string page = StatusPage(report);
  CHECK_FALSE(Has(page, "<script"));
  CHECK_FALSE(Has(page, "alert('"));
  // Label, address, fingerprint, two addresses of UDP and one of TCP.
  CHECK(CountOf(page,
                "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;amp;") == 6);
  CHECK(IsBalanced(page));
}

TEST_CASE("a router without anything has a page too", "[status_page]") {
  CHECK(IsBalanced(StatusPage(RouterReport())));
}

}  // namespace
}  // namespace weir
