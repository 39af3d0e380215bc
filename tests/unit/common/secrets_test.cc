#include "common/secrets.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("each line is a secret, but for comments and blanks", "[secrets]") {
  const auto secrets = ReadSecrets("# ours\none\n\n  two words \t\r\n   # theirs\nthree#3", "f");
  REQUIRE(secrets);
  REQUIRE(secrets->size() == 3);
  CHECK((*secrets)[0].secret == "one");
  CHECK((*secrets)[0].place == "f:2:1");
  CHECK((*secrets)[1].secret == "two words");
  CHECK((*secrets)[1].place == "f:4:3");
  CHECK((*secrets)[2].secret == "three#3");
  CHECK((*secrets)[2].place == "f:6:1");
}

TEST_CASE("a file without a secret is an error", "[secrets]") {
  for (const std::string_view text : {"", "\n\n", "# one\n#two"}) {
    const auto secrets = ReadSecrets(text, "f");
    REQUIRE_FALSE(secrets);
    CHECK(secrets.error().message.starts_with("f:1:1: no secret in it"));
  }
}

TEST_CASE("a file that is no text is an error that does not tell the secret", "[secrets]") {
  const auto secrets = ReadSecrets(
      "good\n se\x01"
      "cret\n",
      "f");
  REQUIRE_FALSE(secrets);
  CHECK(secrets.error().message.starts_with("f:2:4: a control character"));
  CHECK(secrets.error().message.find("cret\n") == std::string::npos);
}

}  // namespace
}  // namespace weir
