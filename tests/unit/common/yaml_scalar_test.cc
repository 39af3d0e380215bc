#include "common/yaml_scalar.h"

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// Reads `text` as a T under the key `k`; the errors and warnings go to `*said`.
template <class T>
std::optional<T> ReadAs(std::string_view text, std::vector<std::string>* said = nullptr) {
  Diagnostics diagnostics("f", false);
  const YamlNodePtr root = ParseYaml("k: " + std::string(text), &diagnostics);
  REQUIRE(root != nullptr);
  Setting<T> setting;
  Read({"k", *root->entries.at(0).value, diagnostics}, &setting);
  if (said != nullptr) {
    *said = diagnostics.errors();
    for (const std::string& warning : diagnostics.warnings()) said->push_back(warning);
  } else {
    CHECK(diagnostics.errors().empty());
  }
  return setting.value;
}

template <class T>
std::string ErrorAs(std::string_view text) {
  std::vector<std::string> said;
  CHECK_FALSE(ReadAs<T>(text, &said).has_value());
  return said.empty() ? "no error" : said[0];
}

using std::chrono::nanoseconds;

TEST_CASE("a text keeps the letters of any scalar", "[yaml_scalar]") {
  for (std::string_view text : {"1.50", "true", "0x10", "2001-01-01", "yes", ".inf", "1_000"}) {
    CHECK(ReadAs<std::string>(text) == text);
  }
  CHECK(ReadAs<std::string>("''") == "");
  CHECK_FALSE(ReadAs<std::string>("~").has_value());
  CHECK_FALSE(ReadAs<std::string>("").has_value());
  CHECK(ErrorAs<std::string>("[a]") == "f:1:4: k: a list is not a text");
  CHECK(ErrorAs<std::string>("{a: b}") == "f:1:4: k: a map is not a text");
}

TEST_CASE("booleans have the words of YAML 1.1 and no quotes", "[yaml_scalar]") {
  for (std::string_view text : {"yes", "Yes", "YES", "y", "true", "True", "on", "ON"}) {
    CHECK(ReadAs<bool>(text) == true);
  }
  for (std::string_view text : {"no", "n", "false", "FALSE", "off"}) {
    CHECK(ReadAs<bool>(text) == false);
  }
  CHECK(ErrorAs<bool>("\"yes\"") ==
        "f:1:4: k: the text `\"yes\"` is not true or false (without quotes)");
  CHECK(ErrorAs<bool>("1") == "f:1:4: k: `1` is not true or false (without quotes)");
}

TEST_CASE("numbers are read as YAML 1.1 writes them", "[yaml_scalar]") {
  constexpr std::pair<std::string_view, double> kRows[] = {
      {"1", 1},        {"-3", -3},     {"+3", 3},    {".005", 0.005}, {"5.", 5},   {"0.001", 0.001},
      {"1_000", 1000}, {"1e-6", 1e-6}, {"0x10", 16}, {"010", 8},      {"089", 89}, {"0b11", 3},
      {"0o17", 15},    {"0", 0},       {"0.5", 0.5}, {"1.5E3", 1500}, {"00", 0},
  };
  for (const auto& [text, wanted] : kRows) {
    INFO(text);
    CHECK(ReadAs<double>(text) == wanted);
  }
  CHECK(std::isinf(ReadAs<double>(".inf").value_or(0)));
  CHECK(ReadAs<double>("-.Inf").value_or(0) < 0);
  CHECK(std::isnan(ReadAs<double>(".nan").value_or(0)));
  for (std::string_view text : {"abc", "inf", "nan", "1x", "0x", "1 2", "--1", "_"}) {
    INFO(text);
    CHECK(ErrorAs<double>(text) ==
          "f:1:4: k: `" + std::string(text) + "` is not a number (without quotes)");
  }
  CHECK(ErrorAs<double>("'2'") == "f:1:4: k: the text `\"2\"` is not a number (without quotes)");
}

TEST_CASE("whole numbers lose their fraction and are never negative", "[yaml_scalar]") {
  CHECK(ReadAs<uint32_t>("5") == 5u);
  CHECK(ReadAs<uint32_t>("2.7") == 2u);
  CHECK(ReadAs<uint32_t>("1e3") == 1000u);
  CHECK(ReadAs<uint32_t>("4294967295") == 4294967295u);
  for (std::string_view text : {"-1", "4294967296", ".nan", "x"}) {
    CHECK(ErrorAs<uint32_t>(text).find("a whole number from 0 to") != std::string::npos);
  }
}

TEST_CASE("durations have units; a bare number is nanoseconds and a warning", "[yaml_scalar]") {
  CHECK(ReadAs<nanoseconds>("1m20s") == std::chrono::seconds(80));
  CHECK(ReadAs<nanoseconds>("'60s'") == std::chrono::seconds(60));
  CHECK(ReadAs<nanoseconds>("-5s") == std::chrono::seconds(-5));
  CHECK(ReadAs<nanoseconds>("0") == nanoseconds(0));
  std::vector<std::string> said;
  CHECK(ReadAs<nanoseconds>("60", &said) == nanoseconds(60));
  CHECK(said == std::vector<std::string>{
                    "f:1:4: k: `60` without a unit means nanoseconds; write 60s for seconds"});
  CHECK(ReadAs<nanoseconds>("1.5", &said) == nanoseconds(1));
  for (std::string_view text : {"'60'", "1d", "soon", "[1s]", "1e300"}) {
    INFO(text);
    CHECK(ErrorAs<nanoseconds>(text).find("is not a duration such as 30s, 5m or 1h30m") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace weir
