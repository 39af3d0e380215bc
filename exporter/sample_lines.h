// SampleLines: the sample lines that the two text formats have in common.
//
// `Numbers` says how a sample's value and a count are printed; `le` and `quantile` are the same in
// both, because they identify a series. Room for a whole series is made once and then written with
// a bare pointer: at 300,000 series a capacity check per piece is a third of the time.
//
// Tested by tests/unit/exporter/text_format_test.cc and openmetrics_format_test.cc.
#pragma once

#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "common/number_text.h"
#include "exporter/exposition.h"

namespace weir {

// Writes at the end of a string into room made in advance.
class LineWriter {
 public:
  // REQUIRES: at most `most_bytes` are written.
  LineWriter(size_t most_bytes, std::string* out) : out_(out) {
    const size_t used = out->size();
    out->resize(used + most_bytes);
    at_ = out->data() + used;
  }
  ~LineWriter() { out_->resize(static_cast<size_t>(at_ - out_->data())); }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  void Text(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void Byte(char byte) { *at_++ = byte; }
  void Number(double value) { at_ = WriteNumber(value, at_); }
  template <class Numbers>
  void Value(double value) {
    at_ = Numbers::Value(value, at_);
  }
  template <class Numbers>
  void Count(uint64_t count) {
    at_ = Numbers::Count(count, at_);
  }

 private:
  std::string* out_;
  char* at_;
};

template <class Numbers>
class SampleLines : public Exposition {
 public:
  void Counter(std::string_view name, std::string_view labels, double value,
               std::string* out) const final {
    Single(name, labels, value, out);
  }

  void Gauge(std::string_view name, std::string_view labels, double value,
             std::string* out) const final {
    Single(name, labels, value, out);
  }

  void Summary(std::string_view name, std::string_view labels, const SummaryView& summary,
               std::string* out) const final {
    LineWriter line((summary.objectives.size() + 2) * MostBytes(name, labels), out);
    for (size_t i = 0; i < summary.objectives.size(); ++i) {
      line.Text(name);
      SyntheticLabel(labels, "quantile=\"", summary.objectives[i].quantile, &line);
      line.template Value<Numbers>(summary.values[i]);
      line.Byte('\n');
    }
    SumAndCount(name, labels, summary.sum, summary.count, &line);
  }

  void Histogram(std::string_view name, std::string_view labels, const HistogramView& histogram,
                 std::string* out) const final {
    LineWriter line((histogram.bounds.size() + 3) * MostBytes(name, labels), out);
    uint64_t cumulative = 0;
    for (size_t i = 0; i < histogram.bounds.size(); ++i) {
      cumulative += histogram.counts[i];
      Bucket(name, labels, histogram.bounds[i], cumulative, &line);
    }
    Bucket(name, labels, std::numeric_limits<double>::infinity(), histogram.count, &line);
    SumAndCount(name, labels, histogram.sum, histogram.count, &line);
  }

  void End(size_t, std::string*) const final {}

 private:
  // A line's bytes besides name and labels: a suffix, braces, the synthetic label, the value.
  static size_t MostBytes(std::string_view name, std::string_view labels) {
    constexpr size_t kRest = sizeof("_bucket{,quantile=\"\"} .0\n") + 2 * kMaxNumberText;
    return name.size() + labels.size() + kRest;
  }

  static void Single(std::string_view name, std::string_view labels, double value,
                     std::string* out) {
    LineWriter line(MostBytes(name, labels), out);
    line.Text(name);
    OwnLabels(labels, &line);
    line.template Value<Numbers>(value);
    line.Byte('\n');
  }

  static void OwnLabels(std::string_view labels, LineWriter* line) {
    if (!labels.empty()) {
      line->Byte('{');
      line->Text(labels);
      line->Byte('}');
    }
    line->Byte(' ');
  }

  static void SyntheticLabel(std::string_view labels, std::string_view opening, double value,
                             LineWriter* line) {
    line->Byte('{');
    if (!labels.empty()) {
      line->Text(labels);
      line->Byte(',');
    }
    line->Text(opening);
    line->Number(value);
    line->Text("\"} ");
  }

  static void Bucket(std::string_view name, std::string_view labels, double bound, uint64_t count,
                     LineWriter* line) {
    line->Text(name);
    line->Text("_bucket");
    SyntheticLabel(labels, "le=\"", bound, line);
    line->template Count<Numbers>(count);
    line->Byte('\n');
  }

  static void SumAndCount(std::string_view name, std::string_view labels, double sum,
                          uint64_t count, LineWriter* line) {
    line->Text(name);
    line->Text("_sum");
    OwnLabels(labels, line);
    line->template Value<Numbers>(sum);
    line->Byte('\n');
    line->Text(name);
    line->Text("_count");
    OwnLabels(labels, line);
    line->template Count<Numbers>(count);
    line->Byte('\n');
  }
};

// Appends `# HELP` or `# TYPE` with its name and text; those of `escaped` in the text are escaped
// by a backslash, LF as `\n`.
void AppendMetadata(std::string_view keyword, std::string_view name, std::string_view text,
                    std::string_view escaped, std::string* out);

// As the text formats call it.
std::string_view TypeName(MetricType type);

}  // namespace weir
