// Durations as operators write them: "200ms", "1h30m", "1.5s".
//
// The grammar is that of Go's time.ParseDuration, because the flags and mapping files Weir reads
// were written for Go programs: an optional sign, then numbers (with an optional fraction), each
// followed by a unit of ns, us (also with either micro sign), ms, s, m, h; a bare "0" needs no
// unit. A day is 24 hours, a week 7 days. What does not fit into 63 bits of nanoseconds (about 292
// years) is an error.
//
// Thread safety: pure functions.
// Tested by tests/unit/common/duration_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace weir {

enum class DurationSyntax : uint8_t {
  kGo,          // mapping files
  kGoWithDays,  // flags: also d and w
};

// The error quotes `text` and says what would be right.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text, DurationSyntax syntax);

// A short text that ParseDuration reads back exactly, in both syntaxes: "0s", "200ms", "1.5s",
// "10m", "1h0.5s". Unlike Go's it leaves out the parts that are zero.
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace weir
