// TextFormat: Prometheus' text format 0.0.4, byte for byte as statsd_exporter writes it.
//
// Per family `# HELP name help` and `# TYPE name type`, then the lines of its series: a summary's
// quantiles, a histogram's buckets with +Inf, each followed by `_sum` and `_count`. `quantile` and
// `le` stand behind the series' own labels. No braces without labels, no timestamps, no end mark.
// In HELP the backslash and LF are escaped. Every number, counts too, as in number_text.h.
//
// Tested by tests/unit/exporter/text_format_test.cc.
#pragma once

#include "exporter/sample_lines.h"

namespace weir {

struct TextNumbers {
  static char* Value(double value, char* out) { return WriteNumber(value, out); }
  static char* Count(uint64_t count, char* out) {
    return WriteNumber(static_cast<double>(count), out);
  }
};

class TextFormat final : public SampleLines<TextNumbers> {
 public:
  size_t Begin(const FamilyHead& head, std::string* out) const override;
  void EndPage(std::string*) const override {}
};

}  // namespace weir
