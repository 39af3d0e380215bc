#include "common/key.h"

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "common/check.h"
#include "common/delimiters.h"
#include "common/line.h"
#include "common/parser_options.h"
#include "common/sample.h"

namespace weir {
namespace {

constexpr size_t kUsualTags = 32;
constexpr size_t kUsualLine = 4096;

std::string_view BeforeFirstColon(std::string_view line) { return line.substr(0, line.find(':')); }

std::string_view BeforeLastColon(std::string_view line) {
  return line.substr(0, line.substr(0, line.find('|')).rfind(':'));
}

// The fields of a line that carry DogStatsD's tags.
class TagFields {
 public:
  explicit TagFields(std::string_view line) {
    for (size_t bar = line.find('|'); bar != std::string_view::npos && count_ < fields_.size();) {
      const size_t begin = bar + 1;
      bar = line.find('|', begin);
      const std::string_view field = line.substr(begin, bar - begin);
      if (field.starts_with('#')) fields_[count_++] = field;
    }
  }

  std::span<const std::string_view> all() const { return {fields_.data(), count_}; }

 private:
  std::array<std::string_view, Sample::kMaxLabelFields> fields_;
  size_t count_ = 0;
};

}  // namespace

KeyReader::KeyReader(Placement placement, NameEnd name_end, KeyMode mode)
    : rule_(RuleOf(placement, name_end, mode)) {
  metric_.name.reserve(kUsualLine);
  metric_.tags.reserve(kUsualTags);
  series_.reserve(kUsualLine);
}

KeyReader::Rule KeyReader::RuleOf(Placement placement, NameEnd name_end, KeyMode mode) {
  if (placement == Placement::kSlots) return mode == KeyMode::kName ? Rule::kName : Rule::kSeries;
  WEIR_CHECK(mode == KeyMode::kName);
  if (placement != Placement::kStatsrelay) return Rule::kFirstColon;
  return name_end == NameEnd::kFirst ? Rule::kFirstColonOrNul : Rule::kLastColon;
}

std::string_view KeyReader::KeyOf(std::string_view line) {
  switch (rule_) {
    case Rule::kFirstColon:
      return BeforeFirstColon(line);
    case Rule::kFirstColonOrNul: {
      const std::string_view name = BeforeFirstColon(line);
      return name.substr(0, name.find('\0'));
    }
    case Rule::kLastColon:
      return BeforeLastColon(line);
    case Rule::kName:
    case Rule::kSeries:
      break;
  }
  // EventTitle counts code points of valid UTF-8; broken text has some title, always the same.
  if (line.starts_with('_')) {
    if (const auto title = EventTitle(line)) return *title;
    if (const auto check = CheckName(line)) return *check;
  }
  if (rule_ == Rule::kName) return NameOf(line);
  const std::string_view name = BeforeFirstColon(line);
  return SeriesOf(name, TagFields(line.substr(name.size())).all());
}

std::string_view KeyReader::KeyOfSample(std::string_view name,
                                        std::span<const std::string_view> fields) {
  switch (rule_) {
    case Rule::kFirstColon:
    case Rule::kLastColon:
      return name;
    case Rule::kFirstColonOrNul:
      return name.substr(0, name.find('\0'));
    case Rule::kName:
      return NameOf(name);
    case Rule::kSeries:
      break;
  }
  std::array<std::string_view, Sample::kMaxLabelFields> tags;
  size_t count = 0;
  for (const std::string_view field : fields) {
    if (field.starts_with('#') && count < tags.size()) tags[count++] = field;
  }
  return SeriesOf(name, {tags.data(), count});
}

std::string_view KeyReader::NameOf(std::string_view line) {
  const std::string_view name = BeforeFirstColon(line);
  if (!MayHaveTags(name)) return name;
  ReadTags(ParserOptions(), name, {}, &metric_);
  return metric_.name;
}

std::string_view KeyReader::SeriesOf(std::string_view name,
                                     std::span<const std::string_view> fields) {
  if (fields.empty() && !MayHaveTags(name)) return name;
  ReadTags(ParserOptions(), name, fields, &metric_);
  // Tags are views of one line: where they stand tells which was sent later.
  std::sort(metric_.tags.begin(), metric_.tags.end(), [](const Tag& a, const Tag& b) {
    const int order = a.key.compare(b.key);
    return order != 0 ? order < 0 : std::less<>()(a.key.data(), b.key.data());
  });
  return WriteSeries();
}

std::string_view KeyReader::WriteSeries() {
  series_ = metric_.name;
  const std::vector<Tag>& tags = metric_.tags;
  for (size_t i = 0; i < tags.size(); ++i) {
    if (i + 1 < tags.size() && tags[i + 1].key == tags[i].key) continue;
    series_.append(1, '\n').append(tags[i].key).append(1, '\n').append(tags[i].value);
  }
  return series_;
}

}  // namespace weir
