#include "common/number.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <string>

namespace weir {
namespace {

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool IsHexDigit(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// Plain decimals: exact in double arithmetic while the digits stay below 2^53 and the divisor is
// an exact power of ten.
bool ParsePlainDecimal(std::string_view text, double* value) {
  constexpr uint64_t kExactLimit = uint64_t{1} << 53;
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at < end && *at == '-';
  if (negative || (at < end && *at == '+')) ++at;
  const char* const first = at;
  const char* point = nullptr;
  uint64_t digits = 0;
  for (; at < end; ++at) {
    const auto digit = static_cast<uint8_t>(*at - '0');
    if (digit > 9) {
      if (*at != '.' || point != nullptr) return false;
      point = at;
      continue;
    }
    digits = digits * 10 + digit;
    if (digits > kExactLimit) return false;
  }
  const auto decimals = static_cast<size_t>(point == nullptr ? 0 : end - point - 1);
  if (end - first == (point == nullptr ? 0 : 1) || decimals >= std::size(kPowersOfTen)) {
    return false;
  }
  const double size = static_cast<double>(digits) / kPowersOfTen[decimals];
  *value = negative ? -size : size;
  return true;
}

// What remains of a number once its sign and `0x` are taken off and its grammar is checked.
struct Literal {
  std::string_view digits;    // of the mantissa, with its point
  std::string_view exponent;  // with its sign, empty when there is none
  bool hex = false;
  bool underscores = false;
};

// An underscore stands between two digits, or between `0x` and a digit.
bool UnderscoresSeparateDigits(std::string_view text, bool hex) {
  bool after_digit = hex;
  bool after_underscore = false;
  for (const char c : text) {
    if (c == '_') {
      if (!after_digit) return false;
      after_digit = false;
      after_underscore = true;
      continue;
    }
    after_digit = hex ? IsHexDigit(c) : IsDigit(c);
    if (after_underscore && !after_digit) return false;
    after_underscore = false;
  }
  return !after_underscore;
}

bool ReadLiteral(std::string_view text, Literal* literal) {
  literal->hex = text.size() > 2 && text[0] == '0' && Lower(text[1]) == 'x';
  if (literal->hex) text.remove_prefix(2);
  size_t at = 0;
  size_t digits = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c == '_') {
      literal->underscores = true;
    } else if (literal->hex ? IsHexDigit(c) : IsDigit(c)) {
      ++digits;
    } else {
      break;
    }
  }
  if (digits == 0) return false;
  literal->digits = text.substr(0, at);
  if (at == text.size()) {
    return !literal->hex &&
           (!literal->underscores || UnderscoresSeparateDigits(text, literal->hex));
  }
  if (Lower(text[at]) != (literal->hex ? 'p' : 'e')) return false;
  literal->exponent = text.substr(++at);
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  if (at == text.size() || !IsDigit(text[at])) return false;
  for (; at < text.size(); ++at) {
    if (text[at] == '_') literal->underscores = true;
    if (text[at] != '_' && !IsDigit(text[at])) return false;
  }
  return !literal->underscores || UnderscoresSeparateDigits(text, literal->hex);
}

// Whether a number that does not fit is too large rather than too small: whether its first
// significant digit, moved by the exponent, stands before the point.
bool IsLarge(const Literal& literal) {
  const size_t first = literal.digits.find_first_not_of("0.");
  if (first == std::string_view::npos) return false;
  const size_t point = std::min(literal.digits.find('.'), literal.digits.size());
  int64_t exponent = 0;
  for (const char c : literal.exponent) {
    if (IsDigit(c) && exponent < 100'000'000) exponent = exponent * 10 + (c - '0');
  }
  if (literal.exponent.starts_with('-')) exponent = -exponent;
  const int64_t digits_before_point = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  return digits_before_point * (literal.hex ? 4 : 1) + exponent > 0;
}

bool ParseLiteral(std::string_view text, double* value) {
  Literal literal;
  if (!ReadLiteral(text, &literal)) return false;
  if (literal.underscores) {
    std::string plain(text);
    std::erase(plain, '_');
    return ParseLiteral(plain, value);
  }
  if (literal.hex) text.remove_prefix(2);
  const auto format = literal.hex ? std::chars_format::hex : std::chars_format::general;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value, format);
  if (parsed.ec == std::errc::result_out_of_range) {
    *value = IsLarge(literal) ? std::numeric_limits<double>::infinity() : 0;
  }
  return *value <= std::numeric_limits<double>::max();
}

}  // namespace

bool ParseNumber(std::string_view text, double* value) {
  if (ParsePlainDecimal(text, value)) return true;
  *value = 0;
  if (EqualsIgnoringCase(text, "nan")) {
    *value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  bool valid = true;
  if (EqualsIgnoringCase(text, "inf") || EqualsIgnoringCase(text, "infinity")) {
    *value = std::numeric_limits<double>::infinity();
  } else {
    valid = ParseLiteral(text, value);
  }
  if (negative) *value = -*value;
  return valid;
}

}  // namespace weir
