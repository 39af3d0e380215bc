#include "common/number_text.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace weir {
namespace {

constexpr double kFirstScientific = 1e6;
constexpr double kFirstPlain = 1e-4;
constexpr double kExactIntegers = 0x1p53;

char* WriteText(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* WriteNonFinite(double value, char* out) {
  if (std::isnan(value)) return WriteText("NaN", out);
  return WriteText(value > 0 ? "+Inf" : "-Inf", out);
}

// REQUIRES: 0 < thousandths < 10^9, not a multiple of 1000.
char* WriteThousandths(uint32_t thousandths, char* out) {
  out = WriteInteger(thousandths / 1000, out);
  const uint32_t fraction = thousandths % 1000;
  *out++ = '.';
  *out++ = static_cast<char>('0' + fraction / 100);
  if (fraction % 100 == 0) return out;
  *out++ = static_cast<char>('0' + fraction / 10 % 10);
  if (fraction % 10 == 0) return out;
  *out++ = static_cast<char>('0' + fraction % 10);
  return out;
}

// Below 2^53 no two decimals of an integer's length share a double, so its own digits without the
// trailing zeros are the shortest. REQUIRES: 10^6 <= value < 2^53.
char* WriteLargeInteger(uint64_t value, char* out) {
  char* end = WriteInteger(value, out + 1);
  const auto exponent = static_cast<unsigned>(end - out - 2);
  while (end[-1] == '0') --end;
  out[0] = out[1];
  out[1] = '.';
  out = end - out > 2 ? end : out + 1;
  out = WriteText("e+", out);
  *out++ = static_cast<char>('0' + exponent / 10);
  *out++ = static_cast<char>('0' + exponent % 10);
  return out;
}

char* WriteScientific(double magnitude, char* out) {
  return std::to_chars(out, out + kMaxNumberText, magnitude, std::chars_format::scientific).ptr;
}

// REQUIRES: 10^-4 <= magnitude < 10^6, not an integer.
char* WritePlain(double magnitude, char* out) {
  char text[kMaxNumberText];  // d[.ddd]e[+-]0X
  const char* end = WriteScientific(magnitude, text);
  int exponent = end[-1] - '0';
  if (end[-3] == '-') exponent = -exponent;
  const char* digits_end = end - 4;

  if (exponent < 0) {
    out = WriteText({"0.000", static_cast<size_t>(1 - exponent)}, out);
    *out++ = text[0];
    if (digits_end == text + 1) return out;
    return WriteText({text + 2, static_cast<size_t>(digits_end - text - 2)}, out);
  }
  // A fraction follows, so there are more digits than stand before the point.
  *out++ = text[0];
  out = WriteText({text + 2, static_cast<size_t>(exponent)}, out);
  *out++ = '.';
  const char* fraction = text + 2 + exponent;
  return WriteText({fraction, static_cast<size_t>(digits_end - fraction)}, out);
}

}  // namespace

char* WriteInteger(uint64_t value, char* out) { return std::to_chars(out, out + 20, value).ptr; }

char* WriteNumber(double value, char* out) {
  if (!std::isfinite(value)) return WriteNonFinite(value, out);
  if (value < 0) *out++ = '-';
  const double magnitude = std::fabs(value);
  if (magnitude < kExactIntegers) {
    const auto whole = static_cast<uint64_t>(magnitude);
    if (static_cast<double>(whole) == magnitude) {
      return magnitude < kFirstScientific ? WriteInteger(whole, out)
                                          : WriteLargeInteger(whole, out);
    }
  }
  if (magnitude < kFirstPlain || magnitude >= kFirstScientific) {
    return WriteScientific(magnitude, out);
  }
  // A decimal of at most 15 digits that reads back as this double is the only such one.
  const auto thousandths = static_cast<uint32_t>(magnitude * 1000 + 0.5);
  if (thousandths / 1000.0 == magnitude) return WriteThousandths(thousandths, out);
  return WritePlain(magnitude, out);
}

void AppendNumber(double value, std::string* out) {
  char text[kMaxNumberText];
  out->append(text, static_cast<size_t>(WriteNumber(value, text) - text));
}

}  // namespace weir
