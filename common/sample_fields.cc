#include "common/sample_fields.h"

#include "common/number.h"

namespace weir {
namespace {

// Beyond what any client can have sampled away. Without a limit three lines would make the 64-bit
// counts wrap, and one would make a count so large that, as a double, it no longer moves.
constexpr double kMostWeight = 4294967296.0;  // 2^32

}  // namespace

void SampleFields::Add(const ParserOptions& options, std::string_view field) {
  if (field.empty()) {
    Clear();
    error_ = ParseError::kMalformedComponent;
    return;
  }
  if (error_) return;
  switch (field[0]) {
    case '@':
      return AddRate(field.substr(1));
    case '#':
      if (options.dogstatsd) AddLabel(field);
      return;
    case 'T':
      return;
    case 'c':
      if (field.starts_with("card:")) break;
      if (!field.starts_with("c:") || field.size() == 2) {
        error_ = ParseError::kMalformedContainerId;
        return;
      }
      if (!options.container_id) break;
      return AddLabel(field);
    default:
      break;
  }
  ++ignored_;
}

void SampleFields::AddRate(std::string_view text) {
  if (!ParseNumber(text, &rate_)) ++bad_rates_;
  if (rate_ == 0) rate_ = 1;
  divisor_ *= rate_;
}

void SampleFields::AddLabel(std::string_view field) {
  if (label_count_ == labels_.size()) {
    error_ = ParseError::kMalformedComponent;
    return;
  }
  labels_[label_count_++] = field;
}

uint64_t SampleFields::Weight() const {
  const double weight = 1 / rate_;
  return weight >= 1 && weight <= kMostWeight ? static_cast<uint64_t>(weight) : 0;
}

const TagTally& SampleFields::Tally() {
  if (!tally_) tally_ = TallyFieldTags({labels_.data(), label_count_});
  return *tally_;
}

}  // namespace weir
