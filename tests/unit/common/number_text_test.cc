#include "common/number_text.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Text(double value) {
  std::string text;
  AppendNumber(value, &text);
  return text;
}

// By printf and patience: the fewest digits that read back, laid out digit by digit.
std::string SlowText(double value) {
  char text[40];
  int precision = 0;
  do {
    std::snprintf(text, sizeof(text), "%.*e", precision++, std::fabs(value));
  } while (std::strtod(text, nullptr) != std::fabs(value));
  const int exponent = std::atoi(std::strchr(text, 'e') + 1);
  std::string digits;
  for (const char* c = text; *c != 'e'; ++c) {
    if (*c != '.') digits.push_back(*c);
  }
  std::string out = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent > 5) return out + text;
  if (exponent < 0)
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

TEST_CASE("numbers read as the peer's formatter writes them", "[number]") {
  struct Row {
    double value;
    const char* text;
  };
  const double inf = std::numeric_limits<double>::infinity();
  const Row rows[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-1, "-1"},
      {10, "10"},
      {100000, "100000"},
      {999999, "999999"},
      {-999999, "-999999"},
      {999999.5, "999999.5"},
      {999999.9999999999, "999999.9999999999"},
      {1e6, "1e+06"},
      {-1e6, "-1e+06"},
      {1000001, "1.000001e+06"},
      {1234567, "1.234567e+06"},
      {1234567.5, "1.2345675e+06"},
      {1200000, "1.2e+06"},
      {123456789012, "1.23456789012e+11"},
      {1e15, "1e+15"},
      {9007199254740991, "9.007199254740991e+15"},
      {9007199254740993.0, "9.007199254740992e+15"},
      {18446744073709551615.0, "1.8446744073709552e+19"},
      {1e21, "1e+21"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {-2.2250738585072014e-308, "-2.2250738585072014e-308"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {0.5, "0.5"},
      {0.25, "0.25"},
      {0.125, "0.125"},
      {0.9, "0.9"},
      {0.99, "0.99"},
      {0.999, "0.999"},
      {0.9999, "0.9999"},
      {0.005, "0.005"},
      {0.001, "0.001"},
      {0.0005, "0.0005"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.0000999, "9.99e-05"},
      {0.00001, "1e-05"},
      {0.000025, "2.5e-05"},
      {1e-10, "1e-10"},
      {2.5, "2.5"},
      {-2.5, "-2.5"},
      {1.5e-7, "1.5e-07"},
      {12345.678, "12345.678"},
      {123456.789, "123456.789"},
      {-123456.7891, "-123456.7891"},
      {99999.00001, "99999.00001"},
      {3.141592653589793, "3.141592653589793"},
      {0.010000000000000002, "0.010000000000000002"},
      {inf, "+Inf"},
      {-inf, "-Inf"},
      {std::nan(""), "NaN"},
      {-std::nan(""), "NaN"},
  };
  for (const Row& row : rows) CHECK(Text(row.value) == row.text);
}

TEST_CASE("every number is the shortest that reads back", "[number]") {
  std::mt19937_64 random(20240607);
  const auto check = [](double value) {
    const std::string text = Text(value);
    if (text != SlowText(value)) CHECK(text == SlowText(value));
    if (text.size() > kMaxNumberText) CHECK(text.size() <= kMaxNumberText);
  };
  SECTION("any bits") {
    for (int i = 0; i < 20000; ++i) {
      const uint64_t bits = random();
      double value;
      std::memcpy(&value, &bits, sizeof(value));
      // At a power of two the nearest text of the fewest digits may lie outside the narrower half.
      if (std::isfinite(value) && value != 0 && bits << 12 != 0) check(value);
    }
  }
  SECTION("around the plain range, decimals of every length") {
    for (int i = 0; i < 20000; ++i) {
      const double scale = std::pow(10, static_cast<double>(random() % 12));
      const double value = static_cast<double>(random() % 100000000) / scale;
      if (value != 0) check(random() % 2 == 0 ? value : -value);
    }
  }
  SECTION("one step from the thousandths") {
    for (int i = 0; i < 20000; ++i) {
      const double value = static_cast<double>(1 + random() % 999999999) / 1000;
      check(value);
      check(std::nextafter(value, 0));
      check(std::nextafter(value, 1e9));
    }
  }
  SECTION("integers of every length") {
    for (int i = 0; i < 20000; ++i) {
      const uint64_t value = random() >> (random() % 63);
      if (value != 0) check(static_cast<double>(value));
    }
  }
}

TEST_CASE("powers of two read back and are no longer than printf's shortest", "[number]") {
  for (int exponent = -1074; exponent < 1024; ++exponent) {
    const double value = std::ldexp(1, exponent);
    const std::string text = Text(value);
    if (std::strtod(text.c_str(), nullptr) != value) CHECK(text == SlowText(value));
    if (text.size() > SlowText(value).size()) CHECK(text == SlowText(value));
  }
}

TEST_CASE("counts can be printed as plain digits", "[number]") {
  char text[kMaxNumberText];
  const auto print = [&](uint64_t value) { return std::string(text, WriteInteger(value, text)); };
  CHECK(print(0) == "0");
  CHECK(print(1000000) == "1000000");
  CHECK(print(18446744073709551615u) == "18446744073709551615");
}

}  // namespace
}  // namespace weir
