#include "common/metric_call.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "common/utf8.h"

namespace weir {
namespace {

using Wrong = std::optional<std::string_view>;

constexpr std::string_view kBadValue = "Invalid value specified";

// By byte, what stands in a line for it.
constexpr std::array<char, 256> Replacing(std::string_view bytes) {
  std::array<char, 256> table{};
  for (size_t i = 0; i < table.size(); ++i) {
    const bool control = i < 0x20 || i == 0x7F;
    const char byte = static_cast<char>(i);
    table[i] = control || bytes.find(byte) != bytes.npos ? '_' : byte;
  }
  return table;
}
// '{' would make an event of a name that begins with "_e{".
constexpr std::array<char, 256> kInNames = Replacing(" :|{");
constexpr std::array<char, 256> kInTags = Replacing(":|");

void AppendClean(const std::array<char, 256>& table, std::string_view text, std::string* to) {
  for (const char c : text) *to += table[static_cast<unsigned char>(c)];
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls take(tag) for each part; false at the first that is not one name and one value.
template <class Take>
bool ForEachTag(std::string_view tags, Take take) {
  for (;;) {
    const size_t comma = tags.find(',');
    const std::string_view tag = tags.substr(0, comma);
    const size_t equals = tag.find('=');
    if (equals == tag.npos || tag.find('=', equals + 1) != tag.npos ||
        Trimmed(tag.substr(0, equals)).empty() || Trimmed(tag.substr(equals + 1)).empty()) {
      return false;
    }
    take(Trimmed(tag));
    if (comma == tags.npos) return true;
    tags.remove_prefix(comma + 1);
  }
}

// As the peer: one bad tag loses all of them, and not the metric.
void AppendTags(std::string_view tags, std::string* line) {
  if (tags.empty() || !ForEachTag(tags, [](std::string_view) {})) return;
  ForEachTag(tags, [line](std::string_view tag) {
    *line += ',';
    AppendClean(kInTags, tag, line);
  });
}

// A whole number of 64 bits, as Go reads one; nothing for any other text.
std::optional<int64_t> ReadInteger(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

void AppendInteger(int64_t value, std::string* line) {
  char text[24];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  line->append(text, end);
}

// The first of the names that is there; otherwise the first one.
const MetricField& FirstOf(const MetricFields& fields, std::initializer_list<FieldName> names) {
  for (const FieldName name : names) {
    if (fields[name].kind != MetricField::Kind::kAbsent) return fields[name];
  }
  return fields[*names.begin()];
}

// JSON wants a number where a form has nothing but texts.
bool IsNumeric(const MetricField& field, BodyForm form) {
  return field.kind ==
         (form == BodyForm::kJson ? MetricField::Kind::kNumber : MetricField::Kind::kString);
}

// `absent`: what no field at all stands for; nothing: an error.
Wrong AppendNumber(const MetricField& field, BodyForm form, std::optional<int64_t> absent,
                   std::string* line) {
  if (field.kind == MetricField::Kind::kAbsent) {
    if (!absent) return kBadValue;
    AppendInteger(*absent, line);
    return std::nullopt;
  }
  const auto value = IsNumeric(field, form) ? ReadInteger(field.text) : std::nullopt;
  if (!value) return kBadValue;
  AppendInteger(*value, line);
  return std::nullopt;
}

Wrong AppendGauge(const MetricFields& fields, BodyForm form, std::string* line) {
  const MetricField& shift = fields[FieldName::kShift];
  const bool shifts = fields[FieldName::kValue].kind == MetricField::Kind::kAbsent &&
                      shift.kind != MetricField::Kind::kAbsent;
  if (!shifts) {
    return AppendNumber(fields[FieldName::kValue], form, form == BodyForm::kForm ? 1 : 0, line);
  }
  const auto by = IsNumeric(shift, form) ? ReadInteger(shift.text) : std::nullopt;
  if (!by) return "Invalid gauge shift specified";
  if (*by >= 0) *line += '+';
  AppendInteger(*by, line);
  return std::nullopt;
}

Wrong AppendMember(const MetricField& field, BodyForm form, std::string* line) {
  if (field.kind != MetricField::Kind::kString) {
    return AppendNumber(field, form, form == BodyForm::kForm ? 1 : 0, line);
  }
  if (field.text.empty()) return "Invalid set value specified";
  AppendClean(kInTags, field.text, line);
  return std::nullopt;
}

Wrong AppendValue(CallType type, BodyForm form, const MetricFields& fields, std::string* line) {
  using enum FieldName;
  const bool is_form = form == BodyForm::kForm;
  switch (type) {
    case CallType::kCount:
      return AppendNumber(FirstOf(fields, {kValue, kN}), form, is_form ? 1 : 0, line);
    case CallType::kIncr:
      *line += '1';
      return std::nullopt;
    case CallType::kGauge:
      return AppendGauge(fields, form, line);
    case CallType::kTiming: {
      const auto absent = is_form ? std::nullopt : std::optional<int64_t>(0);
      const Wrong wrong = AppendNumber(FirstOf(fields, {kValue, kTime, kDur}), form, absent, line);
      return wrong && is_form ? "Invalid time specified" : wrong;
    }
    case CallType::kSet:
    case CallType::kUniq:
      return AppendMember(fields[kValue], form, line);
    case CallType::kUnknown:
      break;
  }
  return kBadValue;
}

// Nothing: no number.
std::optional<double> ReadRate(const MetricField& field, BodyForm form) {
  if (field.kind == MetricField::Kind::kAbsent) return 1;
  double rate = 0;
  const char* const end = field.text.data() + field.text.size();
  const auto [rest, error] = std::from_chars(field.text.data(), end, rate);
  if (!IsNumeric(field, form) || error != std::errc() || rest != end || std::isnan(rate)) {
    return std::nullopt;
  }
  return rate;
}

std::string_view Suffix(CallType type) {
  switch (type) {
    case CallType::kGauge:
      return "|g\n";
    case CallType::kTiming:
      return "|ms\n";
    case CallType::kSet:
    case CallType::kUniq:
      return "|s\n";
    default:
      return "|c\n";
  }
}

}  // namespace

CallType ReadCallType(std::string_view word) {
  constexpr std::string_view kWords[] = {"count", "incr", "gauge", "timing", "set", "uniq"};
  for (size_t i = 0; i < std::size(kWords); ++i) {
    if (word == kWords[i]) return static_cast<CallType>(i);
  }
  return CallType::kUnknown;
}

std::optional<std::string> CleanName(std::string_view name) {
  if (name.empty() || (!IsAscii(name) && !IsValidUtf8(name))) return std::nullopt;
  std::string clean;
  AppendClean(kInNames, name, &clean);
  return clean;
}

Wrong AppendMetric(CallType type, std::string_view name, BodyForm form, const MetricFields& fields,
                   std::string* lines) {
  const MetricField& tags = fields[FieldName::kTags];
  if (tags.kind != MetricField::Kind::kAbsent && tags.kind != MetricField::Kind::kString) {
    return "Invalid tags specified";
  }
  const bool has_rate = type == CallType::kCount || type == CallType::kTiming;
  const auto rate = has_rate ? ReadRate(fields[FieldName::kSampleRate], form) : 1;
  if (!rate) return "Invalid sample rate specified";
  const size_t begin = lines->size();
  lines->append(name);
  AppendTags(tags.text, lines);
  *lines += ':';
  const Wrong wrong = AppendValue(type, form, fields, lines);
  if (wrong || *rate < 0) {
    lines->resize(begin);
    return wrong;
  }
  lines->append(Suffix(type));
  return std::nullopt;
}

}  // namespace weir
