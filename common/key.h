// KeyReader: which bytes of a line decide where it goes.
//
// Compatibility placements: exactly the bytes that the peer hashes, or the whole line when there is
// no such ':'.
//   statsrelay, NameEnd::kFirst   before the first ':', up to the first NUL (uber)
//   statsrelay, NameEnd::kLast    before the last ':' that stands before the first '|' (lyft)
//   the others                    before the first ':'
// `slots`:
//   kName    the name (before the first ':', else the whole line) without tags in it, whichever of
//            InfluxDB's, Librato's and SignalFX's kind: a[k=v]b has the key "ab"
//   kSeries  name and tags in one form, whatever their order and kind: the name, then for each tag
//            LF key LF value (a line holds no LF), sorted by key; of equal keys the last one counts
//            as in the exporter; a tag without a value counts for nothing. Rate, timestamp and
//            container id never do. A name without tags has the same key as in kName.
//   both     an event goes by its title, a service check by its name
// Lines with the same name and the same tags always have one key. Names that become one only by
// escaping (a.b and a_b) or by mapping rules do not.
//
// Lines are as LineCutter cuts them. Lifetimes: a key is a view of the line or of the reader's own
// memory, good until the next call. Allocates nothing for a line of up to 4 KiB and 32 tags; beyond
// that only when it outgrows every line before.
// Cost: kName 5 ns, 50 with tags in the name; kSeries 10 ns, 110 with three tags.
// Thread safety: one thread per reader.
// Tested by tests/unit/common/key_test.cc.
#pragma once

#include <cstdint>
#include <span>
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
  // The key of a line that holds samples, from one of them: its name, as Sample has it, and its
  // fields, of which those that begin with '#' are read. With NameEnd::kLast that of a line with
  // one value; packed values are part of the key there.
  std::string_view KeyOfSample(std::string_view name, std::span<const std::string_view> fields);

 private:
  enum class Rule : uint8_t { kName, kSeries, kFirstColon, kFirstColonOrNul, kLastColon };

  static Rule RuleOf(Placement placement, NameEnd name_end, KeyMode mode);
  // Of a line, or of its name with its tags.
  std::string_view NameOf(std::string_view line);
  std::string_view SeriesOf(std::string_view name, std::span<const std::string_view> fields);
  std::string_view WriteSeries();

  const Rule rule_;
  MetricName metric_;   // of the present line
  std::string series_;  // the key, when it is made and not found
};

}  // namespace weir
