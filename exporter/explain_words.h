// The words of Explain: what a verdict, an error or a refusal means to whoever sent the line, and
// what to do about it. Each begins with the reason as the metrics call it.
//
// Thread safety: pure functions. Tested by tests/unit/exporter/explain_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/parse_counters.h"
#include "common/parser_options.h"
#include "common/sample.h"
#include "exporter/refusal.h"
#include "mapping/mapper.h"
#include "mapping/rule.h"

namespace weir {

std::string_view WordOf(LineVerdict verdict);
std::string_view WordOf(SampleType type);

// Why a line that is empty, an event or a check makes no series.
std::string WhyNothing(LineVerdict verdict);

std::string WordsOf(ParseError error, const ParserOptions& options);
std::string WordsOfVoidRate();
std::string WordsOfTagErrors(uint32_t count);

// "mapping.yml:7".
std::string PlaceOf(const Rule& rule);
std::string WordsOfDrop(const Rule& rule);
// REQUIRES: not kNone.
std::string WordsOf(Refusal refusal, const Resolution& resolution);

}  // namespace weir
