// HmacSha256: the key of one sender, ready to sign and to check.
//
// OpenSSL stays inside hmac.cc. Cost: about 0.5 us and what SHA-256 takes for the bytes.
// Thread safety: none. Tested by tests/unit/common/hmac_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace weir {

class HmacSha256 {
 public:
  static constexpr size_t kBytes = 32;
  using Code = std::array<unsigned char, kBytes>;

  // REQUIRES: the key is not empty.
  explicit HmacSha256(std::string_view key);
  HmacSha256(HmacSha256&&) noexcept;
  ~HmacSha256();

  Code Of(std::string_view text);

 private:
  struct Context;

  std::unique_ptr<Context> context_;
};

// Takes as long whether the first byte differs or the last. REQUIRES: kBytes of them.
bool SameCode(const HmacSha256::Code& code, std::string_view bytes);

}  // namespace weir
