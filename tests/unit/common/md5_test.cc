#include "common/md5.h"

#include <cstdio>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Hex(const Md5::Digest& digest) {
  std::string hex;
  for (const uint32_t word : digest) {
    for (int shift = 0; shift < 32; shift += 8) {
      char byte[3];
      std::snprintf(byte, sizeof(byte), "%02x", word >> shift & 0xFF);
      hex += byte;
    }
  }
  return hex;
}

TEST_CASE("digests are those of RFC 1321", "[md5]") {
  CHECK(Hex(Md5::Of("")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(Hex(Md5::Of("a")) == "0cc175b9c0f1b6a831c399e269772661");
  CHECK(Hex(Md5::Of("abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(Hex(Md5::Of("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(Hex(Md5::Of("abcdefghijklmnopqrstuvwxyz")) == "c3fcd3d76192e4007dfb496cca67e13b");
  CHECK(Hex(Md5::Of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")) ==
        "d174ab98d277d9f5a5611c2c9f419d9f");
  CHECK(Hex(Md5::Of("12345678901234567890123456789012345678901234567890123456789012345678901234"
                    "567890")) == "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("the length of a text may end anywhere in a block", "[md5]") {
  CHECK(Hex(Md5::Of(std::string(55, 'a'))) == "ef1772b6dff9a122358552954ad0df65");
  CHECK(Hex(Md5::Of(std::string(56, 'a'))) == "3b0c8ac703f828b04c6c197006d17218");
  CHECK(Hex(Md5::Of(std::string(57, 'a'))) == "652b906d60af96844ebd21b674f35e93");
  CHECK(Hex(Md5::Of(std::string(63, 'a'))) == "b06521f39153d618550606be297466d5");
  CHECK(Hex(Md5::Of(std::string(64, 'a'))) == "014842d480b571495a4a0363793f7367");
  CHECK(Hex(Md5::Of(std::string(65, 'a'))) == "c743a45e0d2e6a95cb859adae0248435");
  CHECK(Hex(Md5::Of(std::string(120, 'a'))) == "5f61c0ccad4cac44c75ff505e1f1e537");
}

TEST_CASE("a text given in pieces has the digest of the whole", "[md5]") {
  std::string text;
  for (int i = 0; i < 200; ++i) text.push_back(static_cast<char>(i));
  for (size_t first = 0; first <= text.size(); first += 7) {
    for (size_t second = first; second <= text.size(); second += 11) {
      Md5 md5;
      md5.Update(std::string_view(text).substr(0, first));
      md5.Update(std::string_view(text).substr(first, second - first));
      md5.Update(std::string_view(text).substr(second));
      REQUIRE(md5.Finish() == Md5::Of(text));
    }
  }
}

TEST_CASE("a word's lowest byte is the digest's first", "[md5]") {
  CHECK(Md5::Of("server1-8") == Md5::Digest{3853726576, 1491449930, 639619849, 2667054752});
}

}  // namespace
}  // namespace weir
