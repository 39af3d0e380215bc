#include "common/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/check.h"

namespace weir {

struct HmacSha256::Context {
  explicit Context(std::string_view key) {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    WEIR_CHECK(mac != nullptr);
    state = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    WEIR_CHECK(state != nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    WEIR_CHECK(EVP_MAC_init(state, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                            parameters) == 1);
  }
  ~Context() { EVP_MAC_CTX_free(state); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  EVP_MAC_CTX* state = nullptr;
};

HmacSha256::HmacSha256(std::string_view key) : context_(std::make_unique<Context>(key)) {}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

HmacSha256::Code HmacSha256::Of(std::string_view text) {
  Code code;
  size_t size = 0;
  // Without a key it begins anew with the one it has.
  WEIR_CHECK(EVP_MAC_init(context_->state, nullptr, 0, nullptr) == 1);
  WEIR_CHECK(EVP_MAC_update(context_->state, reinterpret_cast<const unsigned char*>(text.data()),
                            text.size()) == 1);
  WEIR_CHECK(EVP_MAC_final(context_->state, code.data(), &size, code.size()) == 1);
  WEIR_CHECK(size == kBytes);
  return code;
}

bool SameCode(const HmacSha256::Code& code, std::string_view bytes) {
  return CRYPTO_memcmp(code.data(), bytes.data(), code.size()) == 0;
}

}  // namespace weir
