// MappedKey: the key of a line by the series that the exporter would make of it: the Prometheus
// family and labels after the mapping rules, so that names that become one series meet on one node.
//
//   a series    its SeriesKey (mapping/series_key.h): 16 hexadecimal digits
//   no series   the line's name, as `key: name` has it: an event, a check, a line that a rule drops
//               or that cannot be parsed
// Two lines that the exporter makes one series of always have one key, as long as it runs with the
// same rules and its default dialects of tags. The type is no part of the key, though rules may
// match by it, so that a counter and a gauge that clash do so on one node. A line goes as a whole:
// of several samples packed into one (a:1|c:2|g) the first good one decides, which differs from the
// others only where a rule matches by type or their fields differ.
//
// Cost: no allocation for a line seen before, and 50 ns, 90 with three tags; 200 ns more where a
// hundred thousand series outgrow the processor's cache. A first sight costs what the rules do
// (mapping/mapper.h), 1 to 3 us. Remembered are 262,144 combinations of name, type and tags as
// sent, in 8 MiB at most; more evict each other.
// Threads: one worker each. Lifetimes: a key is good until the next call.
// Tested by tests/unit/router/mapped_key_test.cc.
#pragma once

#include <cstddef>
#include <memory>

#include "mapping/mapper.h"
#include "router/key_memo.h"
#include "router/line_key.h"

namespace weir {

// `memo_entries` as KeyMemo has it; for tests.
std::unique_ptr<LineKey> MakeMappedKey(std::shared_ptr<const Mapper> mapper,
                                       size_t memo_entries = KeyMemo::kUsualEntries);

}  // namespace weir
