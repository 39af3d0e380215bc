// Exposition: how a page of metrics is written, in one of three formats.
//
// A page is a run of families; a family is Begin, its series one at a time, End; EndPage closes the
// page. A family too large for one slice is ended and begun again with `continued` set, as often as
// needed, with nothing of another family in between:
//
//   const Exposition& exposition = Exposition::For(format);
//   const size_t mark = exposition.Begin(head, &out);
//   for (...) exposition.Counter(head.name, labels, value, &out);
//   exposition.End(mark, &out);
//
// `labels` is label text (label_text.h). Everything is appended to *out, which the caller may empty
// after any End. Begin only a family that has a series: an empty one would still show its type.
//
// Thread safety: no state; any thread, any number of pages at once.
// Shapes: see text_format.h, openmetrics_format.h, proto_format.h.
// Cost per series with 45 bytes of labels, for a counter, a summary of 3 quantiles and a histogram
// of 11 buckets: text 35, 180, 230 ns; OpenMetrics the same; protobuf 120, 200, 430 ns. A family's
// head adds 25-40 ns.
// Tested by tests/unit/exporter/{text,openmetrics,proto}_format_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "exporter/native_histogram.h"
#include "mapping/series_policy.h"

namespace weir {

enum class Format : uint8_t { kText, kOpenMetrics, kProtobuf };

struct FamilyHead {
  std::string_view name;
  MetricType type = MetricType::kCounter;
  std::string_view help;  // raw
  // An earlier slice of this page has the family's first series.
  bool continued = false;
  // This is a counter and another family is called `name` without its `_total`. OpenMetrics calls
  // the family of both the same, so it then shows this one as `unknown`. Others do not care.
  bool stem_taken = false;
};

struct SummaryView {
  std::span<const Objective> objectives;  // by quantile, ascending
  std::span<const double> values;         // one per objective; NaN when the window is empty
  double sum;
  uint64_t count;
};

struct HistogramView {
  std::span<const double> bounds;    // upper, inclusive, strictly increasing, without +Inf
  std::span<const uint64_t> counts;  // one per bound: samples above the bound before, not summed up
  double sum;
  uint64_t count;  // of all samples, those above the last bound and NaN included
  const NativeHistogram* native = nullptr;  // shown in protobuf only
};

class Exposition {
 public:
  // Lives as long as the process.
  static const Exposition& For(Format format);

  virtual ~Exposition() = default;

  // Opens a family, or its next slice. Returns the mark that End() wants.
  virtual size_t Begin(const FamilyHead& head, std::string* out) const = 0;

  // One series of the open family. `name` and the method are those of its head.
  virtual void Counter(std::string_view name, std::string_view labels, double value,
                       std::string* out) const = 0;
  virtual void Gauge(std::string_view name, std::string_view labels, double value,
                     std::string* out) const = 0;
  virtual void Summary(std::string_view name, std::string_view labels, const SummaryView& summary,
                       std::string* out) const = 0;
  virtual void Histogram(std::string_view name, std::string_view labels,
                         const HistogramView& histogram, std::string* out) const = 0;

  virtual void End(size_t mark, std::string* out) const = 0;

  virtual void EndPage(std::string* out) const = 0;
};

}  // namespace weir
