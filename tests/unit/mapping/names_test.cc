#include "mapping/names.h"

#include <string>
#include <string_view>
#include <utility>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Escaped(std::string_view text) {
  std::string out;
  EscapeName(text, &out);
  return out;
}

TEST_CASE("names are escaped code point by code point", "[names]") {
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"", ""},
      {"legal_Name9", "legal_Name9"},
      {"with---multiple-dashes", "with_multiple_dashes"},
      {"with.*.multiple", "with___multiple"},
      {"a.-b", "a__b"},
      {"a-.-b", "a___b"},
      {"0x", "_0x"},
      {"9.9", "_9_9"},
      {"-9x", "_9x"},
      {"--", "_"},
      {"\xC3\xA9", "_"},
      {"with\xF0\x9F\x98\xB1"
       "emoji",
       "with_emoji"},
      {"\xC3\xA9\xC3\xA9", "__"},
      {"a:b", "a_b"},
      {"a b\tc", "a_b_c"},
      {"..x", "__x"},
      {".", "_"},
  };
  for (const auto& [text, wanted] : kRows) {
    INFO(text);
    CHECK(Escaped(text) == wanted);
    CHECK((Escaped(text).empty() || IsLegalName(Escaped(text))));
  }
}

TEST_CASE("bytes that are not UTF-8 become one underscore each", "[names]") {
  CHECK(Escaped("a\xC3(b") == "a__b");
  CHECK(Escaped("\xE2\x82") == "__");
  CHECK(Escaped("\xFF\x80") == "__");
}

TEST_CASE("escaping appends", "[names]") {
  std::string out = "x";
  EscapeName("1.a", &out);
  EscapeName("b", &out);
  CHECK(out == "x_1_ab");
}

TEST_CASE("escaping twice changes nothing", "[names]") {
  for (int first = 1; first < 256; ++first) {
    for (int second = 1; second < 128; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second)};
      const std::string once = Escaped({text, 2});
      REQUIRE(Escaped(once) == once);
      REQUIRE(IsLegalName(once));
    }
  }
}

TEST_CASE("a label name is a legal name that Prometheus does not keep for itself", "[names]") {
  CHECK(IsLegalName("__name__"));
  CHECK_FALSE(IsLegalLabelName("__name__"));
  CHECK(IsLegalLabelName("_name"));
  CHECK_FALSE(IsLegalLabelName(""));
  CHECK_FALSE(IsLegalLabelName("9a"));
  CHECK_FALSE(IsLegalLabelName("a-b"));
  CHECK_FALSE(IsLegalLabelName("a:b"));
}

}  // namespace
}  // namespace weir
