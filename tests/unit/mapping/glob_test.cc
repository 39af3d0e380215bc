#include "mapping/glob.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string ErrorOf(std::string_view pattern) {
  const auto glob = Glob::Parse(pattern);
  return glob ? "valid" : glob.error().message;
}

TEST_CASE("legal globs are accepted", "[glob]") {
  for (std::string_view pattern :
       {"a", "*", "a.b.c", "*.*.*", "foo--bar.*", "a.9", "test.99test.x.*", "a--b.c-", "_x", "A.B",
        "foo_*.x", "*-worker", "a.b*", "a.*b*c"}) {
    INFO(pattern);
    CHECK(ErrorOf(pattern) == "valid");
  }
}

TEST_CASE("illegal globs are refused with what is wrong", "[glob]") {
  CHECK(ErrorOf("") == "a glob rule needs a `match`, such as `match: app.*.requests`");
  for (std::string_view pattern : {"a..b", ".a", "a.", ".", "a.*."}) {
    CHECK(ErrorOf(pattern) ==
          "match `" + std::string(pattern) + "`: a segment between dots is empty");
  }
  CHECK(ErrorOf("9a") == "match `9a`: the first segment cannot begin with a digit");
  for (std::string_view pattern : {"-a", "a.-b", "a.-*"}) {
    CHECK(ErrorOf(pattern) ==
          "match `" + std::string(pattern) + "`: a segment cannot begin with `-`");
  }
  CHECK(ErrorOf("a.**").find("`**` means nothing") != std::string::npos);
  for (std::string_view pattern : {"a b", "a/b", "\xC3\xA9", "bad!!x.*", "a\n", "a:b"}) {
    CHECK(ErrorOf(pattern).find("match_type: regex") != std::string::npos);
  }
}

TEST_CASE("a glob captures what each star stood for", "[glob]") {
  const auto glob = Glob::Parse("test.dispatcher.*.*.x_*_*");
  REQUIRE(glob);
  CHECK(glob->stars() == 4);
  Captures captures;
  REQUIRE(glob->Match("test.dispatcher.Foo..x_a_b", &captures));
  CHECK(std::vector<std::string>(captures.begin(), captures.end()) ==
        std::vector<std::string>{"test.dispatcher.Foo..x_a_b", "Foo", "", "a", "b"});
  CHECK_FALSE(glob->Match("test.dispatcher.Foo.b", &captures));
  CHECK_FALSE(glob->Match("", &captures));
}

}  // namespace
}  // namespace weir
