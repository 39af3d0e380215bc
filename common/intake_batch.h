// TakeBatch: the lines of a POST /batch that may go on, and what the client is told of all of them.
//
// A line is taken when its reader will find at least one sample, event or check in it: the judge is
// that reader itself, so what is said here is what its counters will say. Lines that it will refuse
// go on too, to be counted there as any other listener's; those that a token does not allow go
// nowhere.
// Thread safety: pure function, as far as the judge is. Tested by
// tests/unit/common/intake_batch_test.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/auth_token.h"

namespace weir {

// Judges lines (whole ones, each ending in LF): calls told(reason) for each that is not empty; the
// reason is empty for good ones. Any thread.
using LineTold = std::function<void(std::string_view reason)>;
using LineJudge = std::function<void(std::string_view lines, const LineTold& told)>;

inline constexpr std::string_view kNameNotAllowed = "name_not_allowed";

struct Batch {
  std::string lines;   // to go on, each ending in LF
  size_t taken = 0;    // lines
  size_t refused = 0;  // lines, also by reason:
  std::map<std::string, size_t, std::less<>> reasons;

  // {"taken":2,"refused":1,"reasons":{"malformed_line":1}}
  std::string Json() const;
};

// `prefix` comes before every name, but for those of events and checks; a grant (null: none) is
// asked for the name without it.
Batch TakeBatch(std::string body, std::string_view prefix, const TokenGrant* grant,
                const LineJudge& judge);

}  // namespace weir
