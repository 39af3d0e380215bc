#include "common/diagnostics.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("a finding is one line, whatever it quotes", "[diagnostics]") {
  Diagnostics diagnostics("file", false);
  diagnostics.Error({2, 7}, std::string("a\nb\rc\td\x1b[31m\x7f\0e\xc3\xa9", 17));
  CHECK(diagnostics.errors() ==
        std::vector<std::string>{"file:2:7: a\\nb\\rc\\td\\x1b[31m\\x7f\\x00e\xc3\xa9"});
}

TEST_CASE("of a long quote the beginning is shown, and what is said of it", "[diagnostics]") {
  const std::string most(119, 'x');
  Diagnostics diagnostics("file", false);
  diagnostics.Error({1, 1}, "`" + most + "y` is none");
  diagnostics.Error({2, 1}, "`" + most + "yz`, `z` are none");
  diagnostics.Error({3, 1}, "`" + most + "\xc3\xa9\xc3\xa9` is none");
  CHECK(diagnostics.errors() ==
        std::vector<std::string>{"file:1:1: `" + most + "y` is none",
                                 "file:2:1: `" + most + "y...`, `z` are none",
                                 "file:3:1: `" + most + "\xc3\xa9...` is none"});
}

TEST_CASE("findings stand in the order of the file", "[diagnostics]") {
  Diagnostics diagnostics("file", false);
  diagnostics.Error({2, 1}, "second");
  diagnostics.Error({1, 9}, "first");
  diagnostics.Error({}, "of all of it");
  CHECK(diagnostics.errors() ==
        std::vector<std::string>{"file: of all of it", "file:1:9: first", "file:2:1: second"});
}

}  // namespace
}  // namespace weir
