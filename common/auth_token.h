// TokenVerifier: whether a JSON Web Token was signed with one of our secrets and is valid now.
//
// HS256, HS384 and HS512, by libjwt; all other algorithms are refused, "none" first of all. Several
// secrets may be in force, so that they can be rotated. `exp`, `nbf` and `iat` are checked to the
// second without leeway; zero says nothing, as in the peer; one that is no number refuses the
// token, where the peer ignores it (docs/differences.md).
//
// A claim (`limit_claim`, a text or a list of texts) may limit what names a token's bearer writes
// to: those that begin with one of the texts. With a limit claim configured, a token without it is
// refused.
//
// A good token is remembered until it expires: 10 us of libjwt become 0.1 us. Only tokens with a
// good signature are remembered, at most kMostRemembered of at most kLongestRemembered bytes, so
// strangers cannot fill the memory; new secrets make it forget.
// Thread safety: any thread. Tested by tests/unit/common/auth_token_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/hash.h"

namespace weir {

// What a good token allows.
struct TokenGrant {
  std::optional<std::vector<std::string>> prefixes;          // nothing: every name
  double expires = std::numeric_limits<double>::infinity();  // last second of its validity

  bool Allows(std::string_view name) const;
};

class TokenVerifier {
 public:
  using Secrets = std::vector<std::string>;

  static constexpr size_t kMostRemembered = 10'000;
  static constexpr size_t kLongestRemembered = 2048;

  // `limit_claim`: empty for none.
  explicit TokenVerifier(std::string limit_claim) : limit_claim_(std::move(limit_claim)) {}

  // In force from now on; those before are not. REQUIRES: none is empty.
  void SetSecrets(Secrets secrets);

  // `now`: seconds since 1970. Null: refused.
  std::shared_ptr<const TokenGrant> Verify(std::string_view token, int64_t now);

  size_t remembered() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return ProcessHash().Of64(text); }
  };
  using Grant = std::shared_ptr<const TokenGrant>;

  Grant Remembered(std::string_view token, int64_t now);
  void Remember(std::string_view token, const std::shared_ptr<const Secrets>& secrets,
                const Grant& grant, int64_t now);

  const std::string limit_claim_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Secrets> secrets_ = std::make_shared<const Secrets>();  // guarded by mutex_
  std::unordered_map<std::string, Grant, Hash, std::equal_to<>> grants_;        // guarded by mutex_
};

}  // namespace weir
