// ProtoFormat: Prometheus' protobuf format, delimited: a varint length, then a MetricFamily, for
// each slice of a family. Slices of one family are messages of their own with the same name, type
// and help, which Prometheus (2.42 tried) reads as one family.
//
// Fields, of io.prometheus.client: MetricFamily{1 name, 2 help, 3 type, 4 metric}; types COUNTER 0,
// GAUGE 1, SUMMARY 2, HISTOGRAM 4; Metric{1 label, 2 gauge, 3 counter, 4 summary, 7 histogram};
// LabelPair{1 name, 2 value}; Counter{1 value}; Gauge{1 value}; Summary{1 count, 2 sum,
// 3 quantile{1 quantile, 2 value}}; Histogram{1 count, 2 sum, 3 bucket{1 cumulative count, 2 upper
// bound}, 5 schema sint32, 6 zero threshold, 7 zero count, 9 negative span, 10 negative delta
// sint64, 12 positive span, 13 positive delta sint64}; BucketSpan{1 offset sint32, 2 length}.
// The +Inf bucket is not sent: the count says it. No created timestamps.
//
// Tested by tests/unit/exporter/proto_format_test.cc.
#pragma once

#include "exporter/exposition.h"

namespace weir {

class ProtoFormat final : public Exposition {
 public:
  size_t Begin(const FamilyHead& head, std::string* out) const override;
  void Counter(std::string_view name, std::string_view labels, double value,
               std::string* out) const override;
  void Gauge(std::string_view name, std::string_view labels, double value,
             std::string* out) const override;
  void Summary(std::string_view name, std::string_view labels, const SummaryView& summary,
               std::string* out) const override;
  void Histogram(std::string_view name, std::string_view labels, const HistogramView& histogram,
                 std::string* out) const override;
  // Puts the length before what was written since the mark.
  void End(size_t mark, std::string* out) const override;
  void EndPage(std::string*) const override {}
};

}  // namespace weir
