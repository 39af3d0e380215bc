#include "common/intake_batch.h"

#include <string>

#include "common/line_judge.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

Batch Take(std::string body, std::string_view prefix = "", const TokenGrant* grant = nullptr) {
  return TakeBatch(std::move(body), prefix, grant, ParsingJudge({}));
}

TEST_CASE("lines are counted by what their reader will make of them, and all go on") {
  const std::string body =
      "a:1|c\nbroken\n\nb:1|g\r\nc:x|c\nd:1|c:x|c\n_sc|s|0\ne:1|ms|@2\nf:1|c\n";
  const Batch batch = Take(body);
  CHECK(batch.lines == body);
  CHECK(batch.Json() ==
        "{\"taken\":5,\"refused\":3,\"reasons\":{\"malformed_line\":1,\"malformed_value\":1,"
        "\"void_sample_rate\":1}}\n");
}

TEST_CASE("the last line needs no end, and an empty body is none") {
  CHECK(Take("a:1|c").lines == "a:1|c\n");
  CHECK(Take("a:1|c").taken == 1);
  CHECK(Take("").lines.empty());
  CHECK(Take("").Json() == "{\"taken\":0,\"refused\":0,\"reasons\":{}}\n");
}

TEST_CASE("a prefix comes before names and not before events and checks") {
  CHECK(Take("a:1|c\n_e{1,1}:a|b\n_sc|s|0\n\n_e:1|c", "p.").lines ==
        "p.a:1|c\n_e{1,1}:a|b\n_sc|s|0\np._e:1|c\n");
}

TEST_CASE("what a token does not allow goes nowhere and is told") {
  const TokenGrant grant{.prefixes = {{"shop."}}};
  const Batch batch =
      Take("shop.a:1|c\nother:1|c\r\nshop:1|c\n_sc|shop.x|0\nshop.b:x|c", "p.", &grant);
  CHECK(batch.lines == "p.shop.a:1|c\np.shop.b:x|c\n");
  CHECK(batch.taken == 1);
  CHECK(batch.refused == 4);
  CHECK(batch.reasons.at(std::string(kNameNotAllowed)) == 3);
}

TEST_CASE("a token without a limit allows every line") {
  const TokenGrant grant;
  CHECK(Take("a:1|c", "", &grant).taken == 1);
}

}  // namespace
}  // namespace weir
