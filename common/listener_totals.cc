#include "common/listener_totals.h"

#include <cstdint>
#include <string_view>

#include "common/telemetry.h"

namespace weir {
namespace {

enum class Kind { kCounter, kGauge };

struct Fact {
  std::string_view name;
  std::string_view help;
  Kind kind;
  uint64_t (*value)(const ListenerReport&);
};

constexpr Fact kFacts[] = {
    {"weir_received_bytes_total", "Bytes received.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.bytes; }},
    {"weir_received_datagrams_total", "Datagrams and frames received.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.datagrams; }},
    {"weir_kernel_drops_total", "Datagrams the kernel dropped for want of buffer.", Kind::kCounter,
     [](const ListenerReport& r) { return r.kernel_drops; }},
    {"weir_truncated_datagrams_total", "Datagrams longer than 64 KiB, cut.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.truncated; }},
    {"weir_receive_errors_total", "Failed reads of a datagram socket.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.receive_errors; }},
    {"weir_connections_total", "Connections accepted.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.connections; }},
    {"weir_connection_errors_total", "Connections ended by an error.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.connection_errors; }},
    {"weir_accept_errors_total", "Failed accepts, such as for want of descriptors.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.accept_errors; }},
    {"weir_too_long_lines_total", "Lines of streams longer than 64 KiB, dropped.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.too_long_lines; }},
    {"weir_unfinished_lines_total", "Lines of streams whose end never came.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.unfinished_lines; }},
    {"weir_bad_frames_total", "Frame lengths that ended a unix stream connection.", Kind::kCounter,
     [](const ListenerReport& r) { return r.counters.bad_frames; }},
    {"weir_open_connections", "Connections open now.", Kind::kGauge,
     [](const ListenerReport& r) { return r.counters.open_connections; }},
};

// What a listener rejects for a reason is of one kind.
std::string_view RejectionFamilyOf(Transport transport, Rejection reason) {
  if (reason == Rejection::kMissingToken || reason == Rejection::kUnknownToken) {
    return "weir_rejected_lines_total";
  }
  return transport == Transport::kTcp ? "weir_rejected_connections_total"
                                      : "weir_rejected_datagrams_total";
}

void AddRejections(std::string_view name, std::string_view help, const ListenerTotals& totals,
                   std::vector<prometheus::MetricFamily>* families) {
  OwnFamily family = OwnFamily::Counter(name, help);
  for (const auto& [transport, report] : totals) {
    for (size_t i = 0; i < kRejectionCount; ++i) {
      const auto reason = static_cast<Rejection>(i);
      if (!report.rejects[i] || RejectionFamilyOf(transport, reason) != name) continue;
      family.Add({{"listener", Name(transport)}, {"reason", Name(reason)}},
                 static_cast<double>(report.counters.rejected[i]));
    }
  }
  families->push_back(family.Take());
}

}  // namespace

void AddListener(const ListenerReport& from, ListenerTotals* totals) {
  auto [place, is_new] = totals->try_emplace(from.transport, from);
  if (is_new) return;
  ListenerReport& to = place->second;
  to.open = to.open && from.open;
  to.kernel_drops += from.kernel_drops;
  to.counters.datagrams += from.counters.datagrams;
  to.counters.bytes += from.counters.bytes;
  to.counters.truncated += from.counters.truncated;
  to.counters.receive_errors += from.counters.receive_errors;
  to.counters.connections += from.counters.connections;
  to.counters.connection_errors += from.counters.connection_errors;
  to.counters.accept_errors += from.counters.accept_errors;
  to.counters.too_long_lines += from.counters.too_long_lines;
  to.counters.unfinished_lines += from.counters.unfinished_lines;
  to.counters.bad_frames += from.counters.bad_frames;
  for (size_t i = 0; i < kRejectionCount; ++i) {
    to.counters.rejected[i] += from.counters.rejected[i];
    to.rejects[i] = to.rejects[i] || from.rejects[i];
  }
  to.counters.open_connections += from.counters.open_connections;
  to.counters.pending_bytes += from.counters.pending_bytes;
}

std::vector<prometheus::MetricFamily> ListenerFamilies(const ListenerTotals& totals) {
  std::vector<prometheus::MetricFamily> families;
  for (const Fact& fact : kFacts) {
    OwnFamily family = fact.kind == Kind::kGauge ? OwnFamily::Gauge(fact.name, fact.help)
                                                 : OwnFamily::Counter(fact.name, fact.help);
    for (const auto& [transport, report] : totals) {
      family.Add({{"listener", Name(transport)}}, static_cast<double>(fact.value(report)));
    }
    families.push_back(family.Take());
  }
  AddRejections("weir_rejected_connections_total", "Connections not let in, by reason.", totals,
                &families);
  AddRejections("weir_rejected_datagrams_total", "Datagrams not let in, by reason.", totals,
                &families);
  AddRejections("weir_rejected_lines_total", "Lines not let in, by reason.", totals, &families);
  return families;
}

}  // namespace weir
