#include "exporter/tallies.h"

#include <cstddef>

namespace weir {

uint8_t Tallies::Of(const Memo::Known& known, EventKind kind) {
  return static_cast<uint8_t>(1 + 4 * static_cast<int>(kind) + 2 * known.has_labels +
                              known.unmapped);
}

void Tallies::AddTo(ShardStats* stats) const {
  for (size_t tally = 1; tally < counts.size(); ++tally) {
    const uint64_t count = counts[tally];
    const bool has_labels = (tally - 1) / 2 % 2 == 1;
    const bool unmapped = (tally - 1) % 2 == 1;
    stats->lines += count;
    stats->parse.lines[static_cast<size_t>(LineVerdict::kSampled)] += count;
    stats->parse.samples += count;
    stats->memo_gets += count;
    stats->applied += count;
    stats->events_applied[(tally - 1) / 4] += count;
    (unmapped ? stats->events_unmapped : stats->events_mapped) += count;
    if (has_labels) stats->tags += count;
  }
}

}  // namespace weir
