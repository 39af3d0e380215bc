// JSON Web Tokens for tests, made with OpenSSL and not with the library that reads them.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

namespace weir {

inline std::string Base64Url(const std::string& bytes, bool padded = false) {
  std::string text(4 * (bytes.size() / 3 + 1) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  while (!padded && text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

// `header`: instead of the usual one, whatever it says.
inline std::string SignedToken(const std::string& claims, const std::string& secret,
                               const std::string& algorithm = "HS256",
                               const std::string& header = "", bool padded = false) {
  const std::string head =
      header.empty() ? "{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}" : header;
  const std::string text = Base64Url(head, padded) + "." + Base64Url(claims, padded);
  const EVP_MD* const digest = algorithm == "HS512"   ? EVP_sha512()
                               : algorithm == "HS384" ? EVP_sha384()
                                                      : EVP_sha256();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(digest, secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return text + "." + Base64Url({reinterpret_cast<char*>(mac), size}, padded);
}

}  // namespace weir
