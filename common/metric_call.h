// MetricCall: a request of the HTTP intake for one metric, and the StatsD line that says the same.
//
//   POST /count/a.b {"value": 5, "tags": "env=prod"}   ->   a.b,env=prod:5|c
//
// Source: the behaviour of statsd-http-proxy's dialects, docs/http-intake.md. Where it can be used
// to smuggle lines in or loses data, the sane thing is done: docs/differences.md lists it.
//  * In names, tags and members of sets, what would end them early ('|', ':', controls, in names
//  also
//    ' ' and '{') is written as '_'. They are UTF-8.
//  * The sample rate is not applied: the peer keeps a part of the requests and marks them with the
//    rate; taking all of them has the same expectation and no noise.
// Thread safety: pure functions. Tested by tests/unit/common/metric_call_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/metric_fields.h"

namespace weir {

// kUnknown: any other word, which is answered well and sends nothing.
enum class CallType : uint8_t { kCount, kIncr, kGauge, kTiming, kSet, kUniq, kUnknown };

CallType ReadCallType(std::string_view word);

enum class BodyForm : uint8_t { kJson, kForm };

// A name as it goes into a line; nothing for what can be no name: no bytes, or no UTF-8.
std::optional<std::string> CleanName(std::string_view name);

// Appends the line with its LF, or nothing when nothing is to be sent (a negative sample rate).
// Returns what is wrong, for the client; then nothing is appended.
// `name`: of CleanName, with its prefix.
std::optional<std::string_view> AppendMetric(CallType type, std::string_view name, BodyForm form,
                                             const MetricFields& fields, std::string* lines);

}  // namespace weir
