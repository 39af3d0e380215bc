// OpenMetricsFormat: OpenMetrics 1.0 text, under the series names of the text format.
//
// OpenMetrics wants the samples of a counter to end in `_total` and its family to be called without
// it. So the counter `x_total` becomes the family `x`, and a counter whose name lacks `_total`, or
// whose stem is another family's name, is of type `unknown` and keeps its name: no series is
// renamed by the choice of format. For the same reason `le` and `quantile` read `1` here as there,
// where other writers of OpenMetrics would put `1.0`.
//
// Values have a point or an exponent (`1.0`), counts are plain digits; in HELP the double quote is
// escaped as well. The page ends with `# EOF`.
//
// Tested by tests/unit/exporter/openmetrics_format_test.cc.
#pragma once

#include "exporter/sample_lines.h"

namespace weir {

struct OpenMetricsNumbers {
  static char* Value(double value, char* out);
  static char* Count(uint64_t count, char* out) { return WriteInteger(count, out); }
};

class OpenMetricsFormat final : public SampleLines<OpenMetricsNumbers> {
 public:
  size_t Begin(const FamilyHead& head, std::string* out) const override;
  void EndPage(std::string* out) const override;
};

}  // namespace weir
