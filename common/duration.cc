#include "common/duration.h"

#include <optional>

namespace weir {
namespace {

using Nanos = uint64_t;
// The magnitude of the most negative duration; the most positive is one less.
constexpr Nanos kMaxMagnitude = Nanos{1} << 63;

constexpr Nanos kMicrosecond = 1'000;
constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kHour = 60 * kMinute;
constexpr Nanos kDay = 24 * kHour;

struct Unit {
  std::string_view name;
  Nanos nanos;
  bool days;  // only in DurationSyntax::kGoWithDays
};

constexpr Unit kUnits[] = {
    {"ns", 1, false},
    {"us", kMicrosecond, false},
    {"\xC2\xB5s", kMicrosecond, false},  // U+00B5, the micro sign
    {"\xCE\xBCs", kMicrosecond, false},  // U+03BC, the Greek letter
    {"ms", kMillisecond, false},
    {"s", kSecond, false},
    {"m", kMinute, false},
    {"h", kHour, false},
    {"d", kDay, true},
    {"w", 7 * kDay, true},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<Nanos> UnitNanos(std::string_view name, DurationSyntax syntax) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name && (!unit.days || syntax == DurationSyntax::kGoWithDays)) {
      return unit.nanos;
    }
  }
  return std::nullopt;
}

// Takes the digits at the front of `text`; nothing when they exceed 2^63.
std::optional<Nanos> TakeInteger(std::string_view& text) {
  Nanos value = 0;
  while (!text.empty() && IsDigit(text.front())) {
    if (value > kMaxMagnitude / 10) return std::nullopt;
    value = value * 10 + static_cast<Nanos>(text.front() - '0');
    if (value > kMaxMagnitude) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

struct Fraction {
  Nanos digits = 0;
  double scale = 1;  // the fraction is digits / scale
};

// Digits beyond 63 bits cannot change a nanosecond count and are skipped.
Fraction TakeFraction(std::string_view& text) {
  Fraction fraction;
  bool full = false;
  while (!text.empty() && IsDigit(text.front())) {
    if (!full && fraction.digits > (kMaxMagnitude - 1) / 10 - 1) full = true;
    if (!full) {
      fraction.digits = fraction.digits * 10 + static_cast<Nanos>(text.front() - '0');
      fraction.scale *= 10;
    }
    text.remove_prefix(1);
  }
  return fraction;
}

Error Invalid(std::string_view text, std::string_view why, DurationSyntax syntax) {
  std::string message = "invalid duration \"";
  message += text;
  message += "\": ";
  message += why;
  message +=
      syntax == DurationSyntax::kGoWithDays
          ? "; write a number with a unit of ns, us, ms, s, m, h, d or w, as in 200ms or 1h30m"
          : "; write a number with a unit of ns, us, ms, s, m or h, as in 200ms or 1h30m";
  return Error{std::move(message)};
}

}  // namespace

Result<std::chrono::nanoseconds> ParseDuration(std::string_view text, DurationSyntax syntax) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return Invalid(text, "there is no number", syntax);

  Nanos total = 0;
  while (!rest.empty()) {
    const size_t before = rest.size();
    const std::optional<Nanos> whole = TakeInteger(rest);
    if (!whole) return Invalid(text, "it is too long", syntax);
    size_t digits = before - rest.size();
    Fraction fraction;
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      const size_t point = rest.size();
      fraction = TakeFraction(rest);
      digits += point - rest.size();
    }
    if (digits == 0) return Invalid(text, "a number is missing", syntax);

    size_t length = 0;
    while (length < rest.size() && rest[length] != '.' && !IsDigit(rest[length])) ++length;
    if (length == 0) return Invalid(text, "the unit is missing", syntax);
    const std::string_view name = rest.substr(0, length);
    const std::optional<Nanos> unit = UnitNanos(name, syntax);
    if (!unit) return Invalid(text, "unknown unit \"" + std::string(name) + "\"", syntax);
    rest.remove_prefix(length);

    if (*whole > kMaxMagnitude / *unit) return Invalid(text, "it is too long", syntax);
    const auto part = static_cast<Nanos>(static_cast<double>(fraction.digits) *
                                         (static_cast<double>(*unit) / fraction.scale));
    total += *whole * *unit + part;
    if (total > kMaxMagnitude) return Invalid(text, "it is too long", syntax);
  }
  if (negative) return std::chrono::nanoseconds(static_cast<int64_t>(Nanos{0} - total));
  if (total == kMaxMagnitude) return Invalid(text, "it is too long", syntax);
  return std::chrono::nanoseconds(static_cast<int64_t>(total));
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  std::string text = count < 0 ? "-" : "";
  Nanos rest = count < 0 ? Nanos{0} - static_cast<Nanos>(count) : static_cast<Nanos>(count);

  // The unit of the last part is the largest that is not above it, so that 1.5ms stays readable.
  if (rest >= kHour) text += std::to_string(rest / kHour) + 'h';
  rest %= kHour;
  if (rest >= kMinute) text += std::to_string(rest / kMinute) + 'm';
  rest %= kMinute;
  if (rest == 0) return text;

  const bool alone = text.size() <= 1;
  Unit unit{"s", kSecond, false};
  if (alone && rest < kMicrosecond) {
    unit = {"ns", 1, false};
  } else if (alone && rest < kMillisecond) {
    unit = {"us", kMicrosecond, false};
  } else if (alone && rest < kSecond) {
    unit = {"ms", kMillisecond, false};
  }
  text += std::to_string(rest / unit.nanos);
  if (const Nanos fraction = rest % unit.nanos; fraction != 0) {
    // The leading one keeps the zeros behind the point; it becomes the point itself.
    std::string digits = std::to_string(unit.nanos + fraction);
    digits.front() = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    text += digits;
  }
  return text.append(unit.name);
}

}  // namespace weir
