#include "mapping/wildcard.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::vector<std::string> Captured(std::string_view pattern, std::string_view text) {
  Captures captures;
  if (!Wildcard(pattern).Match(text, &captures)) {
    CHECK(captures.empty());
    return {"no match"};
  }
  return {captures.begin(), captures.end()};
}

using Texts = std::vector<std::string>;

TEST_CASE("each star takes as little as it can, from the left", "[wildcard]") {
  CHECK(Captured("foo_*", "foo_bar") == Texts{"bar"});
  CHECK(Captured("foo_*", "foo_") == Texts{""});
  CHECK(Captured("*-worker", "big-worker") == Texts{"big"});
  CHECK(Captured("*_*", "a_b_c") == Texts{"a", "b_c"});
  CHECK(Captured("*ab*b", "abb") == Texts{"", ""});
  CHECK(Captured("a*b*c", "aXbYc") == Texts{"X", "Y"});
  CHECK(Captured("*", "") == Texts{""});
  CHECK(Captured("*", "a.b") == Texts{"a.b"});
}

TEST_CASE("a pattern does not use one byte of the text twice", "[wildcard]") {
  CHECK(Captured("ab*ba", "aba") == Texts{"no match"});
  CHECK(Captured("a*a", "a") == Texts{"no match"});
  CHECK(Captured("*ab*ab", "ab") == Texts{"no match"});
}

TEST_CASE("a pattern without a star is a literal", "[wildcard]") {
  CHECK(Wildcard("abc").is_literal());
  CHECK(Captured("abc", "abc").empty());
  CHECK(Captured("abc", "abcd") == Texts{"no match"});
  CHECK(Captured("", "").empty());
}

}  // namespace
}  // namespace weir
