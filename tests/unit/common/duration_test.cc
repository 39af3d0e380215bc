#include "common/duration.h"

#include <limits>
#include <random>

#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::nanoseconds;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kS = 1'000 * kMs;

int64_t Flag(std::string_view text) {
  const auto parsed = ParseDuration(text, DurationSyntax::kGoWithDays);
  INFO(text);
  REQUIRE(parsed);
  return parsed->count();
}

std::string Why(std::string_view text, DurationSyntax syntax = DurationSyntax::kGo) {
  const auto parsed = ParseDuration(text, syntax);
  INFO(text);
  REQUIRE_FALSE(parsed);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("a duration reads as in Go", "[duration]") {
  CHECK(Flag("0") == 0);
  CHECK(Flag("-0") == 0);
  CHECK(Flag("0s") == 0);
  CHECK(Flag("200ms") == 200 * kMs);
  CHECK(Flag("+5s") == 5 * kS);
  CHECK(Flag("-5s") == -5 * kS);
  CHECK(Flag("1.5h") == 5'400 * kS);
  CHECK(Flag("1h30m") == 5'400 * kS);
  CHECK(Flag("1h15m30.918273645s") == 4'530'918'273'645);
  CHECK(Flag(".5s") == 500 * kMs);
  CHECK(Flag("5.s") == 5 * kS);
  CHECK(Flag("12us") == 12'000);
  CHECK(Flag("12\xC2\xB5s") == 12'000);
  CHECK(Flag("12\xCE\xBCs") == 12'000);
  CHECK(Flag("3ns2ns") == 5);
  CHECK(Flag("0.100000000000000000000h") == 360 * kS);
  CHECK(Flag("0.3333333333333333333h") == 1'200 * kS);
  CHECK(Flag("9223372036854775807ns") == std::numeric_limits<int64_t>::max());
  CHECK(Flag("-9223372036854775808ns") == std::numeric_limits<int64_t>::min());
}

TEST_CASE("flags know days and weeks, mapping files do not", "[duration]") {
  CHECK(Flag("1d") == 86'400 * kS);
  CHECK(Flag("2w1d12h") == (15 * 86'400 + 43'200) * kS);
  CHECK(Why("1d").find("unknown unit \"d\"") != std::string::npos);
  CHECK(Why("1w").find("ns, us, ms, s, m or h,") != std::string::npos);
}

TEST_CASE("a wrong duration is refused with its text and a hint", "[duration]") {
  CHECK(Why("3").find("\"3\": the unit is missing; write") != std::string::npos);
  CHECK(Why("3x").find("unknown unit \"x\"") != std::string::npos);
  CHECK(Why("1 s").find("unknown unit \" s\"") != std::string::npos);
  for (const char* text : {"", "-", "+", ".", ".s", "-.s", "s", "1s.", "1.2.3s", "--1s", "00", "1S",
                           "1e3s", "9223372036854775808ns", "-9223372036854775809ns", "300000000h",
                           "99999999999999999999s", "9223372036854775807ns1ns"}) {
    Why(text);
    Why(text, DurationSyntax::kGoWithDays);
  }
}

TEST_CASE("a duration is written short", "[duration]") {
  CHECK(FormatDuration(nanoseconds(0)) == "0s");
  CHECK(FormatDuration(nanoseconds(1)) == "1ns");
  CHECK(FormatDuration(nanoseconds(1'100)) == "1.1us");
  CHECK(FormatDuration(nanoseconds(200 * kMs)) == "200ms");
  CHECK(FormatDuration(nanoseconds(1'500 * kMs)) == "1.5s");
  CHECK(FormatDuration(nanoseconds(600 * kS)) == "10m");
  CHECK(FormatDuration(nanoseconds(3'600 * kS + 500 * kMs)) == "1h0.5s");
  CHECK(FormatDuration(nanoseconds(-86'400 * kS)) == "-24h");
  CHECK(FormatDuration(nanoseconds(1'000'000'050)) == "1.00000005s");
}

TEST_CASE("what is written reads back exactly", "[duration]") {
  std::mt19937_64 random(1);
  const auto check = [](int64_t count) {
    CAPTURE(count);
    CHECK(Flag(FormatDuration(nanoseconds(count))) == count);
  };
  check(std::numeric_limits<int64_t>::max());
  check(std::numeric_limits<int64_t>::min());
  for (int i = 0; i < 2'000; ++i) check(static_cast<int64_t>(random()) >> (random() % 63));
}

}  // namespace weir
