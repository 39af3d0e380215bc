#include "common/number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

struct NumberCase {
  std::string_view text;
  double value;
};

TEST_CASE("numbers are read as Go reads them", "[number]") {
  const NumberCase cases[] = {
      {"0", 0.0},
      {"-0", -0.0},
      {"1", 1},
      {"+1", 1},
      {"-17.25", -17.25},
      {".5", 0.5},
      {"5.", 5},
      {"-.5", -0.5},
      {"1.e3", 1000},
      {"1E+05", 100000},
      {"1e-3", 0.001},
      {"320.000000", 320},
      {"0.0015940000303089619", 0.0015940000303089619},
      {"1.0e+20", 1e20},
      {"9007199254740992", 9007199254740992.0},
      {"9007199254740993", 9007199254740992.0},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {"0.1234567890123456789012345678901", 0.1234567890123456789012345678901},
      {"1_0", 10},
      {"1_0.5_0", 10.5},
      {"1e1_0", 1e10},
      {"0x1p-2", 0.25},
      {"0X1P+3", 8},
      {"-0x.8p1", -1},
      {"0x_1p1", 2},
      {"0x1_fp0", 31},
      {"0x1.00000000000008p0", 1},
      {"0x1.00000000000008000000001p0", 1.0000000000000002},
      {"inf", kInfinity},
      {"+Inf", kInfinity},
      {"-INFINITY", -kInfinity},
      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
      {"1.7976931348623158e308", std::numeric_limits<double>::max()},
  };
  for (const NumberCase& number : cases) {
    CAPTURE(number.text);
    double value = 99;
    CHECK(ParseNumber(number.text, &value));
    CHECK(Bits(value) == Bits(number.value));
  }
  double value = 0;
  CHECK(ParseNumber("nan", &value));
  CHECK(std::isnan(value));
  CHECK(ParseNumber("NaN", &value));
}

TEST_CASE("what is too small is zero or subnormal, without an error", "[number]") {
  const NumberCase cases[] = {
      {"1e-400", 0.0},
      {"-1e-400", -0.0},
      {"0x1p-1075", 0.0},
      {"0x1.8p-1075", 5e-324},
      {"5e-324", 5e-324},
      {"1e-99999999999999999999", 0.0},
      {"0e99999999999999999999", 0.0},
      {"0.00000000000000000000000000000000000000000000000000000000000001e-300", 0.0},
      {"0_0.0_0_0_0_0_0_0_0_0_0_0_0_0_0_0_0_0_0_1e-320", 0.0},
  };
  for (const NumberCase& number : cases) {
    CAPTURE(number.text);
    double value = 99;
    CHECK(ParseNumber(number.text, &value));
    CHECK(Bits(value) == Bits(number.value));
  }
}

TEST_CASE("what is too large is an error, and an infinity", "[number]") {
  for (const std::string_view text :
       {"1e400", "1.7976931348623159e308", "0x1p1024", "0x1.fffffffffffff8p1023", "1e99999999999",
        "1_0e3_08", "100000000000000000000000000000000000000000000000000000e300"}) {
    CAPTURE(text);
    double value = 99;
    CHECK(!ParseNumber(text, &value));
    CHECK(value == kInfinity);
    CHECK(!ParseNumber("-" + std::string(text), &value));
    CHECK(value == -kInfinity);
  }
}

TEST_CASE("what is no number is an error, and zero", "[number]") {
  for (const std::string_view text :
       {"",       "+",       "-",         ".",       "-.",    "e",     ".e1",     "e5",    "1e",
        "1e+",    "1f",      "1o",        "--5",     "+-5",   "5-",    " 1",      "1 ",    "1,5",
        "1.2.3",  "0x",      "0x10",      "0x1",     "0x.p1", "0xp1",  "0x1p",    "0x1pz", "x1p1",
        "_1",     "1_",      "1__0",      "1_.0",    "1._0",  "1_e1",  "1e_1",    "1e1_",  "0_x1p1",
        "0x1_p1", "0x1p_1",  "0x._8p0",   "0x_.8p0", "0b1",   "0o7",   "+nan",    "-nan",  "nanx",
        "infi",   "infinit", "infinityx", "١",       "1\n",   "1e5e5", "0x1p1p1", "1e1.5"}) {
    CAPTURE(text);
    double value = 99;
    CHECK(!ParseNumber(text, &value));
    CHECK(value == 0);
  }
  double value = 99;
  CHECK(!ParseNumber(std::string_view("1\0", 2), &value));
}

TEST_CASE("every double survives being written and read", "[number]") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    char text[64];
    const char* const end = std::to_chars(text, text + sizeof(text), number).ptr;
    double value = 0;
    REQUIRE(ParseNumber({text, static_cast<size_t>(end - text)}, &value));
    REQUIRE(Bits(value) == Bits(number));
    const int size = std::snprintf(text, sizeof(text), "%a", number);
    REQUIRE(ParseNumber({text, static_cast<size_t>(size)}, &value));
    REQUIRE(Bits(value) == Bits(number));
  }
}

TEST_CASE("decimals of any shape are rounded as strtod rounds them", "[number]") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 100'000; ++i) {
    std::string text = random() % 2 == 0 ? "-" : "";
    for (uint64_t digits = 1 + random() % 20; digits > 0; --digits) {
      text += static_cast<char>('0' + random() % 10);
    }
    if (random() % 2 == 0) {
      text += '.';
      for (uint64_t digits = random() % 26; digits > 0; --digits) {
        text += static_cast<char>('0' + random() % 10);
      }
    }
    if (random() % 3 == 0) text += 'e' + std::to_string(static_cast<int>(random() % 600) - 300);
    const double expected = std::strtod(text.c_str(), nullptr);
    double value = 0;
    CAPTURE(text);
    REQUIRE(ParseNumber(text, &value) == std::isfinite(expected));
    REQUIRE(Bits(value) == Bits(expected));
  }
}

TEST_CASE("short integers are read from the bytes before their end", "[number]") {
  std::mt19937 random(13);
  for (int i = 0; i < 100'000; ++i) {
    const size_t size = 1 + random() % 8;
    uint32_t expected = 0;
    std::string text(8, static_cast<char>(random()));
    for (size_t digits = 0; digits < size; ++digits) {
      const auto digit = static_cast<uint32_t>(random() % 10);
      text += static_cast<char>('0' + digit);
      expected = expected * 10 + digit;
    }
    uint32_t value = 0;
    REQUIRE(ParseShortInteger(text.data() + text.size(), size, &value));
    REQUIRE(value == expected);
    const size_t at = 8 + random() % size;
    const auto strange = static_cast<char>(random());
    if (strange >= '0' && strange <= '9') continue;
    text[at] = strange;
    CAPTURE(text);
    REQUIRE(!ParseShortInteger(text.data() + text.size(), size, &value));
  }
}

}  // namespace
}  // namespace weir
