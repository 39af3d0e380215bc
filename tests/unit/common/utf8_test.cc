#include "common/utf8.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("text is ASCII unless a byte has its high bit set, wherever it stands", "[utf8]") {
  for (size_t size = 0; size < 80; ++size) {
    std::string text(size, '\x7F');
    REQUIRE(IsAscii(text));
    for (size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      CAPTURE(size, at);
      REQUIRE(!IsAscii(text));
      text[at] = '\0';
    }
    REQUIRE(IsAscii(text));
  }
}

TEST_CASE("well-formed text is valid", "[utf8]") {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "plain"sv, "nul\0inside"sv, "é"sv, "١"sv, "😱"sv, "\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv,
        "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xEF\xBF\xBF"sv,
        "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv, "a é b 😱 c"sv}) {
    CAPTURE(text);
    CHECK(IsValidUtf8(text));
  }
}

TEST_CASE("overlong forms, surrogates, cut code points and strange bytes are invalid", "[utf8]") {
  for (const std::string_view text : {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x7F",
                                      "\xC3\x28",
                                      "\xE0\x9F\xBF",
                                      "\xE0\xA0",
                                      "\xE2\x28\xA1",
                                      "\xE2\x82\x28",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xEF\xBF",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF0\x90\x80",
                                      "\xF0\x90\x80\x28",
                                      "\xF0\x90\x28\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFE",
                                      "\xFF"}) {
    CAPTURE(text);
    CHECK(!IsValidUtf8(text));
    CHECK(!IsValidUtf8("before " + std::string(text)));
    CHECK(!IsValidUtf8(std::string(text) + " after"));
  }
}

}  // namespace
}  // namespace weir
