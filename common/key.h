// KeyReader: which bytes of a line decide where it goes.
//
// Compatibility placements: exactly the bytes that the peer hashes. All but `statsrelay`: what
// comes before the first ':'. `statsrelay`: the same, up to the first NUL (uber, NameEnd::kFirst),
// or what comes before the last ':' that stands before the first '|' (lyft, NameEnd::kLast).
// Without such a
// ':' the key is the whole line.
// `slots`:
//   kName    the name (before the first ':', else the whole line) without tags in it, whichever of
//            InfluxDB's, Librato's and SignalFX's kind: a[k=v]b has the key "ab"
//   kSeries  name and tags in one form, whatever their order and kind: the name, then for each tag
//            LF key LF value (a line holds no LF), sorted by key; of equal keys the last one
//            counts, as in the exporter; a tag without a value counts for nothing. Rate, timestamp
//            and container id never do. A name without tags has the same key as in kName.
//   both     an event goes by its title, a service check by its name
// Lines of one series always have one key.
//
// Lines are as LineCutter cuts them. Lifetimes: a key is a view of the line or of the reader's own
// memory: good until the next call. Allocates only when a line with tags is longer, or has more
// tags than 32 and, than any before. Cost: kName 3 ns, 40 with tags in the name; kSeries 80 ns with
// three tags. Thread safety: one thread per reader. Tested by tests/unit/common/key_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/placement.h"
#include "common/tags.h"

namespace weir {

enum class KeyMode : uint8_t { kName, kSeries };

class KeyReader {
 public:
  // REQUIRES: kName unless the placement is `slots`. `name_end` is heeded by `statsrelay` only.
  KeyReader(Placement placement, NameEnd name_end, KeyMode mode);

  std::string_view KeyOf(std::string_view line);

 private:
  enum class Rule : uint8_t { kName, kSeries, kFirstColon, kFirstColonOrNul, kLastColon };

  static Rule RuleOf(Placement placement, NameEnd name_end, KeyMode mode);
  std::string_view NameOf(std::string_view line);
  std::string_view SeriesOf(std::string_view line);
  std::string_view WriteSeries();

  const Rule rule_;
  MetricName metric_;   // of the present line
  std::string series_;  // the key, when it is made and not found
};

}  // namespace weir
