#include "exporter/proto_format.h"

#include <protozero/pbf_writer.hpp>
#include <vector>

#include "common/check.h"
#include "exporter/label_text.h"

namespace weir {
namespace {

using protozero::pbf_writer;

namespace family_field {
constexpr protozero::pbf_tag_type kName = 1, kHelp = 2, kType = 3, kMetric = 4;
}
namespace metric_field {
constexpr protozero::pbf_tag_type kLabel = 1, kGauge = 2, kCounter = 3, kSummary = 4,
                                  kHistogram = 7;
}
namespace label_field {
constexpr protozero::pbf_tag_type kName = 1, kValue = 2;
}
namespace single_field {
constexpr protozero::pbf_tag_type kValue = 1;
}
namespace summary_field {
constexpr protozero::pbf_tag_type kCount = 1, kSum = 2, kQuantile = 3;
}
namespace quantile_field {
constexpr protozero::pbf_tag_type kQuantile = 1, kValue = 2;
}
namespace histogram_field {
constexpr protozero::pbf_tag_type kCount = 1, kSum = 2, kBucket = 3, kSchema = 5,
                                  kZeroThreshold = 6, kZeroCount = 7, kNegativeSpan = 9,
                                  kNegativeDelta = 10, kPositiveSpan = 12, kPositiveDelta = 13;
}
namespace bucket_field {
constexpr protozero::pbf_tag_type kCumulativeCount = 1, kUpperBound = 2;
}
namespace span_field {
constexpr protozero::pbf_tag_type kOffset = 1, kLength = 2;
}

int32_t TypeNumber(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return 0;
    case MetricType::kGauge:
      return 1;
    case MetricType::kSummary:
      return 2;
    case MetricType::kHistogram:
      return 4;
  }
  WEIR_CHECK(false);
}

// A Metric at the end of the open family, its labels written.
class MetricWriter {
 public:
  MetricWriter(std::string_view labels, std::string* out)
      : family_(*out), metric_(family_, family_field::kMetric) {
    for (LabelReader reader(labels); reader.Next();) {
      pbf_writer label(metric_, metric_field::kLabel);
      label.add_string(label_field::kName, reader.name().data(), reader.name().size());
      label.add_string(label_field::kValue, reader.value().data(), reader.value().size());
    }
  }
  pbf_writer& metric() { return metric_; }

 private:
  pbf_writer family_;
  pbf_writer metric_;
};

void WriteSingle(std::string_view labels, protozero::pbf_tag_type field, double value,
                 std::string* out) {
  MetricWriter writer(labels, out);
  pbf_writer single(writer.metric(), field);
  single.add_double(single_field::kValue, value);
}

void WriteSide(std::span<const NativeBucket> buckets, protozero::pbf_tag_type span_tag,
               protozero::pbf_tag_type delta_tag, pbf_writer* histogram) {
  thread_local std::vector<NativeSpan> spans;
  thread_local std::vector<int64_t> deltas;
  EncodeBuckets(buckets, &spans, &deltas);
  for (const NativeSpan& span : spans) {
    pbf_writer message(*histogram, span_tag);
    message.add_sint32(span_field::kOffset, span.offset);
    message.add_uint32(span_field::kLength, span.length);
  }
  histogram->add_packed_sint64(delta_tag, deltas.begin(), deltas.end());
}

void WriteNative(const NativeHistogram& native, pbf_writer* histogram) {
  histogram->add_sint32(histogram_field::kSchema, native.schema());
  histogram->add_double(histogram_field::kZeroThreshold, NativeHistogram::kZeroThreshold);
  histogram->add_uint64(histogram_field::kZeroCount, native.zero_count());
  WriteSide(native.negative(), histogram_field::kNegativeSpan, histogram_field::kNegativeDelta,
            histogram);
  WriteSide(native.positive(), histogram_field::kPositiveSpan, histogram_field::kPositiveDelta,
            histogram);
}

}  // namespace

size_t ProtoFormat::Begin(const FamilyHead& head, std::string* out) const {
  const size_t mark = out->size();
  pbf_writer family(*out);
  family.add_string(family_field::kName, head.name.data(), head.name.size());
  family.add_string(family_field::kHelp, head.help.data(), head.help.size());
  family.add_enum(family_field::kType, TypeNumber(head.type));
  return mark;
}

void ProtoFormat::Counter(std::string_view, std::string_view labels, double value,
                          std::string* out) const {
  WriteSingle(labels, metric_field::kCounter, value, out);
}

void ProtoFormat::Gauge(std::string_view, std::string_view labels, double value,
                        std::string* out) const {
  WriteSingle(labels, metric_field::kGauge, value, out);
}

void ProtoFormat::Summary(std::string_view, std::string_view labels, const SummaryView& view,
                          std::string* out) const {
  MetricWriter writer(labels, out);
  pbf_writer summary(writer.metric(), metric_field::kSummary);
  summary.add_uint64(summary_field::kCount, view.count);
  summary.add_double(summary_field::kSum, view.sum);
  for (size_t i = 0; i < view.objectives.size(); ++i) {
    pbf_writer quantile(summary, summary_field::kQuantile);
    quantile.add_double(quantile_field::kQuantile, view.objectives[i].quantile);
    quantile.add_double(quantile_field::kValue, view.values[i]);
  }
}

void ProtoFormat::Histogram(std::string_view, std::string_view labels, const HistogramView& view,
                            std::string* out) const {
  MetricWriter writer(labels, out);
  pbf_writer histogram(writer.metric(), metric_field::kHistogram);
  histogram.add_uint64(histogram_field::kCount, view.count);
  histogram.add_double(histogram_field::kSum, view.sum);
  uint64_t cumulative = 0;
  for (size_t i = 0; i < view.bounds.size(); ++i) {
    cumulative += view.counts[i];
    pbf_writer bucket(histogram, histogram_field::kBucket);
    bucket.add_uint64(bucket_field::kCumulativeCount, cumulative);
    bucket.add_double(bucket_field::kUpperBound, view.bounds[i]);
  }
  if (view.native != nullptr) WriteNative(*view.native, &histogram);
}

void ProtoFormat::End(size_t mark, std::string* out) const {
  std::string length;
  protozero::add_varint_to_buffer(&length, out->size() - mark);
  out->insert(mark, length);
}

}  // namespace weir
