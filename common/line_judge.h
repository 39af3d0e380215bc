// The LineJudge of a program that parses as the exporter does.
//
// Thread safety: the judge may be called on any thread. Tested by
// tests/unit/common/intake_batch_test.cc.
#pragma once

#include "common/intake_batch.h"
#include "common/parser_options.h"

namespace weir {

LineJudge ParsingJudge(const ParserOptions& options);

}  // namespace weir
