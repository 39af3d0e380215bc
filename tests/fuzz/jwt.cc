// JSON Web Tokens: nobody gets in without a secret, and whatever stands in a token that was signed
// with one is read without harm.
#include <memory>
#include <string>
#include <vector>

#include "common/auth_token.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/signed_token.h"

namespace weir {
namespace {

constexpr int64_t kNow = 1'700'000'000;
constexpr const char* kSecret = "secret";

void CheckGrant(const TokenGrant& grant) {
  FUZZ_CHECK(grant.expires >= static_cast<double>(kNow));
  FUZZ_CHECK(grant.prefixes.has_value());
  grant.Allows("some.name");
  grant.Allows("");
}

}  // namespace

// With a first byte that is odd the rest is a token; else a header and claims, to be signed.
FUZZ(jwt) {
  Choices choices(&input);
  const bool is_token = choices.Bit();
  const std::string algorithm = std::vector<std::string>{"HS256", "HS384", "HS512",
                                                         "none"}[choices.Bit() + 2 * choices.Bit()];
  TokenVerifier verifier("names");
  verifier.SetSecrets({"old one", kSecret});
  if (is_token) {
    FUZZ_CHECK(verifier.Verify(input, kNow) == nullptr);
    FUZZ_CHECK(verifier.remembered() == 0);
    return;
  }
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string header(input.substr(0, end));
  const std::string claims(input.substr(std::min(end + 1, input.size())));
  const std::string token = SignedToken(claims, kSecret, algorithm, header);
  const auto grant = verifier.Verify(token, kNow);
  FUZZ_CHECK(grant == nullptr || verifier.Verify(token, kNow) != nullptr);
  if (grant != nullptr) CheckGrant(*grant);

  // Nor does another secret's signature help, nor a secret that is no longer in force.
  FUZZ_CHECK(verifier.Verify(SignedToken(claims, "another", algorithm, header), kNow) == nullptr);
  verifier.SetSecrets({"another"});
  FUZZ_CHECK(verifier.Verify(token, kNow) == nullptr);
}

}  // namespace weir
