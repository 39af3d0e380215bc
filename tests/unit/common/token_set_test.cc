#include "common/token_set.h"

#include <fstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

TEST_CASE("a set has the tokens of its file and nothing like them", "[token_set]") {
  const auto set = TokenSet::Read("# team a\n32a3c4970093\n\nb-token\n32a3c4970093\n", "tokens");
  REQUIRE(set);
  CHECK((*set)->size() == 2);
  CHECK((*set)->Contains("32a3c4970093"));
  CHECK((*set)->Contains("b-token"));
  for (const std::string_view other :
       {"", "32a3c497009", "32a3c49700933", "32A3C4970093", "B-token", "# team a", "tokens"}) {
    INFO(other);
    CHECK_FALSE((*set)->Contains(other));
  }
}

TEST_CASE("a token with a dot is an error with its place", "[token_set]") {
  const auto set = TokenSet::Read("good\n  with.dot\n", "tokens");
  REQUIRE_FALSE(set);
  CHECK(set.error().message.starts_with("tokens:2:3: a token with a dot"));
}

TEST_CASE("a set is loaded from a file, and a missing file is named", "[token_set]") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "tokens") << "one\n";
  const auto set = TokenSet::Load(directory / "tokens");
  REQUIRE(set);
  CHECK((*set)->Contains("one"));
  const auto none = TokenSet::Load(directory / "nothing");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.starts_with(directory / "nothing"));
}

}  // namespace
}  // namespace weir
