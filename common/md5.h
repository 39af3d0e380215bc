// Md5: the digest of RFC 1321, for the placements of routers that chose it. Nothing secret hangs on
// it. A digest is given as four words: each is four of its bytes, the first byte lowest.
//
// Cost: about 0.1 us for a text up to 55 bytes, which is one block. Allocates nothing.
// Thread safety: one thread per object; MD5 of a whole text is pure.
// Tested by tests/unit/common/md5_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

class Md5 {
 public:
  using Digest = std::array<uint32_t, 4>;

  static Digest Of(std::string_view text) {
    Md5 md5;
    md5.Update(text);
    return md5.Finish();
  }

  void Update(std::string_view text);

  // REQUIRES: not called before.
  Digest Finish();

 private:
  static constexpr size_t kBlock = 64;

  void Absorb(const uint8_t* block);

  Digest state_ = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
  uint64_t size_ = 0;  // bytes so far; those of the last, incomplete block are in block_
  std::array<uint8_t, kBlock> block_;
};

}  // namespace weir
