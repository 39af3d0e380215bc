#include "common/hmac.h"

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Hex(const HmacSha256::Code& code) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : code) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

TEST_CASE("codes are those of RFC 4231", "[hmac]") {
  HmacSha256 one(std::string(20, '\x0b'));
  HmacSha256 two("Jefe");
  HmacSha256 six(std::string(131, '\xaa'));
  // A key is used any number of times.
  for (int i = 0; i < 2; ++i) {
    CHECK(Hex(one.Of("Hi There")) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(Hex(two.Of("what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(Hex(six.Of("Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}

TEST_CASE("a code is the same only with every byte", "[hmac]") {
  HmacSha256 mac("key");
  const HmacSha256::Code code = mac.Of("text");
  std::string bytes(code.begin(), code.end());
  CHECK(SameCode(code, bytes));
  for (size_t i : {size_t{0}, bytes.size() - 1}) {
    std::string other = bytes;
    other[i] ^= 1;
    CHECK_FALSE(SameCode(code, other));
  }
}

}  // namespace
}  // namespace weir
