// SampleFields: what stands after a sample's type, `@rate`, `#tags`, `c:container`, `T<time>` and
// fields that newer clients send. Samples packed into one line share one.
//
// Lifetimes: views into the line. Thread safety: one thread.
// Tested by tests/unit/common/parser_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/parse_counters.h"
#include "common/parser_options.h"
#include "common/sample.h"
#include "common/tags.h"

namespace weir {

class SampleFields {
 public:
  void Clear();

  // Takes the next field. After an error only empty fields are looked for, which come before all
  // other errors.
  void Add(const ParserOptions& options, std::string_view field);

  // Takes a field that is known to be `#...` or `c:...`.
  void AddLabel(std::string_view field);

  // Why a sample with these fields is to be dropped.
  std::optional<ParseError> error() const { return error_; }
  uint32_t bad_rates() const { return bad_rates_; }
  uint32_t ignored() const { return ignored_; }
  // All rates multiplied: what the value of a counter is divided by.
  double divisor() const { return divisor_; }
  // How often an observation with the last rate happened: trunc(1/rate). 0 is "never", which is
  // what rates above 1, below 2^-32 and of no number come to.
  uint64_t Weight() const;

  void CopyLabels(Sample* sample) const;
  // Counted once, when first asked for.
  const TagTally& Tally();

 private:
  void AddRate(std::string_view text);

  double divisor_ = 1;
  double rate_ = 1;  // the last one
  uint32_t bad_rates_ = 0;
  uint32_t ignored_ = 0;
  uint8_t label_count_ = 0;
  std::optional<ParseError> error_;
  std::optional<TagTally> tally_;
  std::array<std::string_view, Sample::kMaxLabelFields> labels_;
};

inline void SampleFields::Clear() {
  divisor_ = rate_ = 1;
  bad_rates_ = ignored_ = label_count_ = 0;
  error_.reset();
  tally_.reset();
}

inline void SampleFields::CopyLabels(Sample* sample) const {
  sample->label_field_count = label_count_;
  for (size_t i = 0; i < label_count_; ++i) sample->label_fields[i] = labels_[i];
}

}  // namespace weir
