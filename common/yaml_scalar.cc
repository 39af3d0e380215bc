#include "common/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "common/duration.h"

namespace weir {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// The base that a prefix tells, and how many bytes it takes: 0x, 0b, 0o or a bare 0.
std::pair<int, size_t> BaseOf(std::string_view digits) {
  if (digits.size() < 2 || digits[0] != '0') return {10, 0};
  switch (digits[1]) {
    case 'x':
    case 'X':
      return {16, 2};
    case 'b':
    case 'B':
      return {2, 2};
    case 'o':
    case 'O':
      return {8, 2};
    default:
      return {8, 1};
  }
}

// `digits` after an optional sign.
std::optional<int64_t> ParseInteger(std::string_view digits, bool negative) {
  const auto [base, prefix] = BaseOf(digits);
  digits.remove_prefix(prefix);
  uint64_t magnitude = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, magnitude, base);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  if (magnitude > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  const auto value = static_cast<int64_t>(magnitude);
  return negative ? -value : value;
}

// Decimal digits with an optional point and exponent; no hexadecimal, no `inf`.
std::optional<double> ParseFloat(std::string_view text, bool negative) {
  const bool begins_right = !text.empty() && (IsDigit(text[0]) || text[0] == '.');
  if (!begins_right) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::general);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return negative ? -value : value;
}

void Set(const Field& field, auto value, auto* out) {
  out->value = std::move(value);
  out->position = field.node.position;
}

bool IsNull(const Field& field) { return field.node.kind == YamlNode::Kind::kNull; }

std::string Shown(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      break;
  }
  return node.is_plain ? "`" + node.text + "`" : "the text `\"" + node.text + "\"`";
}

}  // namespace

void ReportWrongValue(const Field& field, std::string_view wanted) {
  field.diagnostics.Error(field.node.position, std::string(field.key) + ": " + Shown(field.node) +
                                                   " is not " + std::string(wanted));
}

std::optional<YamlNumber> ToNumber(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || !node.is_plain) return std::nullopt;
  std::string text;
  std::remove_copy(node.text.begin(), node.text.end(), std::back_inserter(text), '_');
  if (IsOneOf(text, {".nan", ".NaN", ".NAN"})) return YamlNumber{std::nan(""), std::nullopt};
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (IsOneOf(digits, {".inf", ".Inf", ".INF"})) {
    const double infinity = std::numeric_limits<double>::infinity();
    return YamlNumber{negative ? -infinity : infinity, std::nullopt};
  }
  if (const auto integer = ParseInteger(digits, negative)) {
    return YamlNumber{static_cast<double>(*integer), integer};
  }
  if (const auto value = ParseFloat(digits, negative)) return YamlNumber{*value, std::nullopt};
  return std::nullopt;
}

void Read(const Field& field, Setting<std::string>* out) {
  if (IsNull(field)) return;
  if (field.node.kind != YamlNode::Kind::kScalar) return ReportWrongValue(field, "a text");
  Set(field, field.node.text, out);
}

void Read(const Field& field, Setting<bool>* out) {
  if (IsNull(field)) return;
  const std::string_view text(field.node.is_plain ? field.node.text.c_str() : "");
  if (IsOneOf(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return Set(field, true, out);
  }
  if (IsOneOf(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return Set(field, false, out);
  }
  ReportWrongValue(field, "true or false (without quotes)");
}

void Read(const Field& field, Setting<double>* out) {
  if (IsNull(field)) return;
  const auto number = ToNumber(field.node);
  if (!number) return ReportWrongValue(field, "a number (without quotes)");
  Set(field, number->value, out);
}

void Read(const Field& field, Setting<uint32_t>* out) {
  if (IsNull(field)) return;
  const auto number = ToNumber(field.node);
  constexpr double kMax = std::numeric_limits<uint32_t>::max();
  if (!number || !(number->value >= 0 && number->value <= kMax)) {
    return ReportWrongValue(field, "a whole number from 0 to 4294967295");
  }
  Set(field, static_cast<uint32_t>(number->value), out);
}

void Read(const Field& field, Setting<std::chrono::nanoseconds>* out) {
  constexpr std::string_view kWanted = "a duration such as 30s, 5m or 1h30m";
  if (IsNull(field)) return;
  if (field.node.kind != YamlNode::Kind::kScalar) return ReportWrongValue(field, kWanted);
  if (const auto number = ToNumber(field.node)) {
    constexpr double kMax = static_cast<double>(std::numeric_limits<int64_t>::max());
    if (!(std::abs(number->value) < kMax)) return ReportWrongValue(field, kWanted);
    const auto nanos = number->integer.value_or(static_cast<int64_t>(number->value));
    if (nanos != 0) {
      field.diagnostics.Warning(field.node.position,
                                std::string(field.key) + ": `" + field.node.text +
                                    "` without a unit means nanoseconds; write " + field.node.text +
                                    "s for seconds");
    }
    return Set(field, std::chrono::nanoseconds(nanos), out);
  }
  const auto duration = ParseDuration(field.node.text, DurationSyntax::kGo);
  if (!duration) return ReportWrongValue(field, kWanted);
  Set(field, *duration, out);
}

}  // namespace weir
