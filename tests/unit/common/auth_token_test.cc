#include "common/auth_token.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/support/signed_token.h"

namespace weir {
namespace {

constexpr int64_t kNow = 1'600'000'000;
const std::string kSecret = "somesecret";

bool IsGood(const std::string& token, const std::string& secret = kSecret, int64_t now = kNow) {
  TokenVerifier verifier("");
  verifier.SetSecrets({secret});
  return verifier.Verify(token, now) != nullptr;
}

std::string With(const std::string& claims) { return SignedToken(claims, kSecret); }

TEST_CASE("a token of a published vector is good until it expires") {
  // RFC 7515, A.1: the key is the 64 bytes its JWK has.
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
      "lfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const unsigned char key[] = {3,   35,  53,  75,  43,  15,  165, 188, 131, 126, 6,   101, 119,
                               123, 166, 143, 90,  179, 40,  230, 240, 84,  201, 40,  169, 15,
                               132, 178, 210, 80,  46,  191, 211, 251, 90,  146, 210, 6,   71,
                               239, 150, 138, 180, 195, 119, 98,  61,  34,  61,  46,  33,  114,
                               5,   46,  79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
  const std::string secret(reinterpret_cast<const char*>(key), sizeof(key));
  CHECK(IsGood(token, secret, 1'300'819'380));
  CHECK_FALSE(IsGood(token, secret, 1'300'819'381));
  CHECK_FALSE(IsGood(token, secret + "x", 1'300'819'380));
}

TEST_CASE("three algorithms are taken, spelled exactly") {
  for (const char* algorithm : {"HS256", "HS384", "HS512"}) {
    CHECK(IsGood(SignedToken("{}", kSecret, algorithm)));
  }
  for (const char* head : {R"({"alg":"none"})", R"({"alg":"hs256"})", R"({"alg":"RS256"})",
                           R"({"alg":"HS1"})", R"({})", R"({"alg":5})", R"([])", "x"}) {
    INFO(head);
    CHECK_FALSE(IsGood(SignedToken("{}", kSecret, "HS256", head)));
  }
  const std::string unsigned_token = SignedToken("{}", kSecret, "HS256", R"({"alg":"none"})");
  CHECK_FALSE(IsGood(unsigned_token.substr(0, unsigned_token.rfind('.') + 1)));
}

TEST_CASE("the header needs no type, and may be padded") {
  CHECK(IsGood(SignedToken("{}", kSecret, "HS256", R"({"alg":"HS256"})")));
  CHECK(IsGood(SignedToken("{}", kSecret, "HS256", R"({"alg":"HS256","kid":"x"})", true)));
}

TEST_CASE("what is no token is refused") {
  const std::string good = With("{}");
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), "Bearer " + good,
        good + "x", good.substr(1), good.substr(0, good.size() - 1), good + std::string(1, '\0'),
        good.substr(0, good.rfind('.')), With("[]"), With("\"x\""), With("{"),
        std::string(10'000, 'x'), std::string("\xff.\xff.\xff")}) {
    INFO(token);
    CHECK_FALSE(IsGood(token));
  }
}

TEST_CASE("times are kept to the second, zero says nothing, and other things than numbers refuse") {
  const std::string now = std::to_string(kNow), next = std::to_string(kNow + 1),
                    last = std::to_string(kNow - 1);
  CHECK(IsGood(With("{\"exp\":" + now + "}")));
  CHECK(IsGood(With("{\"exp\":" + now + ".5}")));
  CHECK_FALSE(IsGood(With("{\"exp\":" + last + "}")));
  for (const char* claim : {"nbf", "iat"}) {
    CHECK(IsGood(With("{\"" + std::string(claim) + "\":" + now + "}")));
    CHECK_FALSE(IsGood(With("{\"" + std::string(claim) + "\":" + next + "}")));
  }
  for (const char* claim : {"exp", "nbf", "iat"}) {
    INFO(claim);
    CHECK(IsGood(With("{\"" + std::string(claim) + "\":0}")));
    CHECK_FALSE(IsGood(With("{\"" + std::string(claim) + "\":\"123\"}")));
    CHECK_FALSE(IsGood(With("{\"" + std::string(claim) + "\":null}")));
  }
}

TEST_CASE("any of several secrets will do, until it is replaced") {
  TokenVerifier verifier("");
  const std::string old_token = SignedToken("{}", "old"), new_token = SignedToken("{}", "new");
  CHECK(verifier.Verify(old_token, kNow) == nullptr);
  verifier.SetSecrets({"old", "new"});
  CHECK(verifier.Verify(old_token, kNow) != nullptr);
  CHECK(verifier.Verify(new_token, kNow) != nullptr);
  CHECK(verifier.remembered() == 2);
  verifier.SetSecrets({"new"});
  CHECK(verifier.remembered() == 0);
  CHECK(verifier.Verify(old_token, kNow) == nullptr);
  CHECK(verifier.Verify(new_token, kNow) != nullptr);
}

TEST_CASE("a token is remembered until it expires, and only a good one of usual length") {
  TokenVerifier verifier("");
  verifier.SetSecrets({kSecret});
  const std::string token = With("{\"exp\":" + std::to_string(kNow) + "}");
  const auto grant = verifier.Verify(token, kNow);
  REQUIRE(grant != nullptr);
  CHECK(verifier.Verify(token, kNow) == grant);
  CHECK(verifier.Verify(token, kNow + 1) == nullptr);
  CHECK(verifier.remembered() == 0);
  CHECK(verifier.Verify(SignedToken("{}", "other"), kNow) == nullptr);
  CHECK(verifier.Verify(With("{\"x\":\"" + std::string(3000, 'x') + "\"}"), kNow) != nullptr);
  CHECK(verifier.remembered() == 0);
}

TEST_CASE("what is remembered is bounded, and forgets what expired first") {
  TokenVerifier verifier("");
  verifier.SetSecrets({kSecret});
  for (size_t i = 0; i <= TokenVerifier::kMostRemembered + 10; ++i) {
    REQUIRE(verifier.Verify(With("{\"n\":" + std::to_string(i) + "}"), kNow) != nullptr);
  }
  CHECK(verifier.remembered() == TokenVerifier::kMostRemembered);
}

TEST_CASE("a claim limits the names, and must be there when it is asked for") {
  TokenVerifier verifier("metrics");
  verifier.SetSecrets({kSecret});
  const auto shop = verifier.Verify(With(R"({"metrics":["shop.","cart"]})"), kNow);
  REQUIRE(shop != nullptr);
  CHECK(shop->Allows("shop.a"));
  CHECK(shop->Allows("cart"));
  CHECK_FALSE(shop->Allows("shop"));
  CHECK_FALSE(shop->Allows(""));
  const auto one = verifier.Verify(With(R"({"metrics":"a"})"), kNow);
  REQUIRE(one != nullptr);
  CHECK(one->Allows("ab"));
  const auto none = verifier.Verify(With(R"({"metrics":[]})"), kNow);
  REQUIRE(none != nullptr);
  CHECK_FALSE(none->Allows("a"));
  CHECK(verifier.Verify(With("{}"), kNow) == nullptr);
  CHECK(verifier.Verify(With(R"({"metrics":[1]})"), kNow) == nullptr);
  CHECK(verifier.Verify(With(R"({"metrics":{}})"), kNow) == nullptr);
}

}  // namespace
}  // namespace weir
