#include "exporter/totals.h"

#include <iterator>

namespace weir {
namespace {

template <class Array>
void AddArray(const Array& from, Array* to) {
  for (size_t i = 0; i < std::size(from); ++i) (*to)[i] += from[i];
}

void AddStats(const ShardStats& from, ShardStats* to) {
  to->lines += from.lines;
  for (size_t i = 0; i < kLineVerdictCount; ++i) to->parse.lines[i] += from.parse.lines[i];
  for (size_t i = 0; i < kParseErrorCount; ++i) to->parse.errors[i] += from.parse.errors[i];
  to->parse.samples += from.parse.samples;
  to->parse.void_samples += from.parse.void_samples;
  to->parse.ignored_fields += from.parse.ignored_fields;
  to->parse.tags += from.parse.tags;
  to->parse.tag_errors += from.parse.tag_errors;
  to->applied += from.applied;
  to->dropped_by_rule += from.dropped_by_rule;
  AddArray(from.refused, &to->refused);
  AddArray(from.overflowed, &to->overflowed);
  AddArray(from.events_applied, &to->events_applied);
  to->events_unmapped += from.events_unmapped;
  to->events_mapped += from.events_mapped;
  to->events_dropped += from.events_dropped;
  AddArray(from.events_refused, &to->events_refused);
  to->tags += from.tags;
  to->tag_errors += from.tag_errors;
  to->batches += from.batches;
  to->memo_gets += from.memo_gets;
  to->memo_misses += from.memo_misses;
}

void AddRelayCounters(const RelayCounters& from, std::optional<RelayCounters>* to) {
  if (!*to) to->emplace();
  (*to)->lines += from.lines;
  (*to)->long_lines += from.long_lines;
  (*to)->packets += from.packets;
  AddArray(from.dropped_packets, &(*to)->dropped_packets);
  AddArray(from.dropped_lines, &(*to)->dropped_lines);
}

}  // namespace

Totals AddUp(const std::vector<ShardReport>& reports) {
  Totals totals;
  for (const ShardReport& report : reports) {
    AddStats(report.stats, &totals.stats);
    for (const auto& count : report.conflicts) {
      totals.conflicts[{count.kind, count.family}] += count.events;
    }
    for (const auto& listener : report.listeners) AddListener(listener, &totals.listeners);
    if (report.relay) AddRelayCounters(*report.relay, &totals.relay);
    if (report.let_go) {
      if (!totals.let_go) totals.let_go.emplace();
      AddArray(*report.let_go, &*totals.let_go);
    }
    for (int kind = 0; kind < kSeriesKindCount; ++kind) {
      totals.series[kind] += static_cast<double>(report.series[kind]);
      totals.vectors[kind] += static_cast<double>(report.vectors[kind]);
    }
    totals.displaced += report.displaced;
    totals.families += static_cast<double>(report.families);
    totals.memo_entries += static_cast<double>(report.memo_entries);
    totals.memo_bytes += static_cast<double>(report.memo_bytes);
    totals.memory.cells += report.table_memory.cells;
    totals.memory.observers += report.table_memory.observers;
    totals.memory.text += report.table_memory.text;
    totals.memory.index += report.table_memory.index;
  }
  return totals;
}

}  // namespace weir
