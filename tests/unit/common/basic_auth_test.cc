#include "common/basic_auth.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/base64.h"
#include "common/bcrypt.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using Verdict = BasicAuth::Verdict;

// Of crypt_blowfish's vectors, with the least cost but one.
const std::string kPassword = "U*U";
const std::string kRest = "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const BasicAuth::Users kUsers = {{"alice", "$2a" + kRest}, {"bob", "$2y" + kRest}};

const std::string kAlice = "Basic YWxpY2U6VSpV";  // alice:U*U

TEST_CASE("a password is known by its hash, of each form", "[basic_auth]") {
  for (const char* form : {"$2a", "$2b", "$2y"}) {
    REQUIRE(IsBcryptHash(form + kRest));
    CHECK(MatchesBcrypt(kPassword, form + kRest));
    CHECK_FALSE(MatchesBcrypt("U*V", form + kRest));
    CHECK_FALSE(MatchesBcrypt("", form + kRest));
    CHECK_FALSE(MatchesBcrypt(kPassword + std::string("\0x", 2), form + kRest));
  }
  // As Go, to which the forms are one: by libcrypt's own $2a$ it would be another password.
  CHECK(
      MatchesBcrypt("\xff\xa3"
                    "34\xff\xff\xff\xa3"
                    "345",
                    "$2a$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi"));
}

TEST_CASE("Base64 is read strictly", "[basic_auth]") {
  CHECK(DecodeBase64("") == "");
  CHECK(DecodeBase64("Zg==") == "f");
  CHECK(DecodeBase64("Zm8=") == "fo");
  CHECK(DecodeBase64("Zm9v") == "foo");
  CHECK(DecodeBase64("AP+/") == std::string("\0\xff\xbf", 3));
  for (const char* wrong : {"Zg", "Zg=", "Zm9v=", "Zm 9", "Z===", "====", "Zm9-", "=Zm9"}) {
    INFO(wrong);
    CHECK_FALSE(DecodeBase64(wrong));
  }
}

TEST_CASE("the right password of a user is let in, and nothing else", "[basic_auth]") {
  BasicAuth auth;
  CHECK(auth.Check(kAlice, kUsers) == Verdict::kAllowed);
  CHECK(auth.Check("bAsIc Ym9iOlUqVQ==", kUsers) == Verdict::kAllowed);  // bob:U*U
  for (const char* wrong :
       {"", "Basic", "Basic ", "Bearer YWxpY2U6VSpV", "Basic YWxpY2U6VSpW" /* alice:U*V */,
        "Basic Y2Fyb2w6VSpV" /* carol:U*U */, "Basic YWxpY2U=" /* alice */,
        "Basic YWxpY2U6" /* alice: */, "Basic OlUqVQ==" /* :U*U */, "Basic !!!!",
        "Basic YWxpY2U6VSpVAA==" /* alice:U*U\0 */}) {
    INFO(wrong);
    CHECK(auth.Check(wrong, kUsers) == Verdict::kRefused);
  }
}

TEST_CASE("what was found is remembered, for that hash", "[basic_auth]") {
  BasicAuth auth;
  for (int i = 0; i < 3; ++i) {
    CHECK(auth.Check(kAlice, kUsers) == Verdict::kAllowed);
    CHECK(auth.Check("Basic YWxpY2U6VSpW", kUsers) == Verdict::kRefused);
    // A name that is not there costs a bcrypt too.
    CHECK(auth.Check("Basic Y2Fyb2w6VSpV", kUsers) == Verdict::kRefused);
  }
  CHECK(auth.checks() == 3);
  const BasicAuth::Users changed = {
      {"alice", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"}};  // U*U*
  CHECK(auth.Check(kAlice, changed) == Verdict::kRefused);
  CHECK(auth.Check(kAlice, {}) == Verdict::kRefused);
  CHECK(auth.Check(kAlice, kUsers) == Verdict::kAllowed);
}

TEST_CASE("wrong passwords do not drive out the right one", "[basic_auth]") {
  BasicAuth auth;
  const BasicAuth::Users cheap = {
      {"alice", "$2b$04$" + std::string("CCCCCCCCCCCCCCCCCCCCC.") + std::string(31, 'x')},
      {"bob", "$2y" + kRest}};
  CHECK(auth.Check("Basic Ym9iOlUqVQ==", cheap) == Verdict::kAllowed);
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  int guesses = 0;
  for (size_t i = 0; i < BasicAuth::kMostRemembered + 1; ++i) {
    // alice:G, alice:g and so on.
    const std::string guess = std::string("YWxpY2U6") + kDigits[i % 62] + kDigits[i / 62] + "==";
    if (!DecodeBase64(guess)) continue;
    ++guesses;
    CHECK(auth.Check("Basic " + guess, cheap) == Verdict::kRefused);
  }
  CHECK(guesses == static_cast<int>(BasicAuth::kMostRemembered) + 1);
  const uint64_t before = auth.checks();
  CHECK(auth.Check("Basic Ym9iOlUqVQ==", cheap) == Verdict::kAllowed);
  CHECK(auth.checks() == before);
}

TEST_CASE("guesses that come at once are told to come again", "[basic_auth]") {
  BasicAuth auth;
  // As slow as it takes for the others to come meanwhile.
  const BasicAuth::Users slow = {
      {"alice", "$2b$11$" + std::string("CCCCCCCCCCCCCCCCCCCCC.") + std::string(31, 'x')}};
  std::vector<Verdict> verdicts(16);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string guess = std::string("YWxpY2U6") + static_cast<char>('A' + i) + "Q==";
      verdicts[i] = auth.Check("Basic " + guess, slow);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Verdict verdict : verdicts) CHECK(verdict != Verdict::kAllowed);
  CHECK(std::ranges::count(verdicts, Verdict::kBusy) > 0);
  CHECK(auth.checks() == verdicts.size() - std::ranges::count(verdicts, Verdict::kBusy));
}

}  // namespace
}  // namespace weir
