#include "common/line_judge.h"

#include "common/line.h"
#include "common/parser.h"

namespace weir {
namespace {

// A reason for a line none of whose samples is good: the first there is.
std::string_view ReasonIn(const ParseCounters& counters) {
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    if (counters.errors[i] > 0) return Name(static_cast<ParseError>(i));
  }
  return "void_sample_rate";
}

}  // namespace

LineJudge ParsingJudge(const ParserOptions& options) {
  return [options](std::string_view lines, const LineTold& told) {
    ParseCounters counters;
    LineReader reader(options, &counters);
    LineCutter cutter(lines, Framing::kStream);
    std::string_view line;
    Sample sample;
    while (cutter.Next(&line)) {
      counters = {};
      const LineVerdict verdict = reader.Open(line);
      if (verdict == LineVerdict::kEmpty) continue;
      bool good = verdict != LineVerdict::kMalformed;
      if (verdict == LineVerdict::kSampled) {
        good = false;
        while (reader.Next(&sample)) good = true;
      }
      told(good ? std::string_view() : ReasonIn(counters));
    }
  };
}

}  // namespace weir
