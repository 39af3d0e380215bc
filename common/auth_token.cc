#include "common/auth_token.h"

#include <jwt.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace weir {
namespace {

struct FreeToken {
  void operator()(jwt_t* token) const { jwt_free(token); }
};
using Token = std::unique_ptr<jwt_t, FreeToken>;

using Claims = nlohmann::json;

// All of them; an object, or discarded.
Claims ClaimsOf(jwt_t* token) {
  char* const json = jwt_get_grants_json(token, nullptr);
  if (json == nullptr) return Claims::parse("", nullptr, false);
  Claims claims = Claims::parse(json, nullptr, false);
  std::free(json);
  return claims;
}

// Whole and signed with `secret`; null otherwise. libjwt refuses "none" when there is a key; the
// others are told apart here, and "hs256" from "HS256" too, which it takes for the same.
Token Decode(const std::string& text, const std::string& secret) {
  jwt_t* decoded = nullptr;
  if (jwt_decode(&decoded, text.c_str(), reinterpret_cast<const unsigned char*>(secret.data()),
                 static_cast<int>(secret.size())) != 0) {
    return nullptr;
  }
  Token token(decoded);
  const char* const algorithm = jwt_get_header(decoded, "alg");
  if (algorithm == nullptr) return nullptr;
  for (const char* const known : {"HS256", "HS384", "HS512"}) {
    if (std::strcmp(algorithm, known) == 0) return token;
  }
  return nullptr;
}

// Seconds since 1970 of a claim; zero when there is none, nothing when it is no number.
std::optional<double> Time(const Claims& claims, const char* name) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return 0;
  if (!claim->is_number()) return std::nullopt;
  return claim->get<double>();
}

// A text, or a list of them: its items. Nothing for anything else.
std::optional<std::vector<std::string>> Texts(const Claims& claims, const std::string& name) {
  const auto claim = claims.find(name);
  if (claim == claims.end()) return std::nullopt;
  if (claim->is_string()) return std::vector{claim->get<std::string>()};
  if (!claim->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Claims& item : *claim) {
    if (!item.is_string()) return std::nullopt;
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

// What a token with a good signature allows; nothing when it is not, no longer or not yet valid.
std::optional<TokenGrant> Read(jwt_t* token, const std::string& limit_claim, int64_t now) {
  const Claims claims = ClaimsOf(token);
  if (!claims.is_object()) return std::nullopt;
  const auto expires = Time(claims, "exp"), from = Time(claims, "nbf"), made = Time(claims, "iat");
  const auto at = static_cast<double>(now);
  if (!expires || !from || !made || *from > at || *made > at) return std::nullopt;
  TokenGrant grant;
  if (*expires != 0) grant.expires = *expires;
  if (at > grant.expires) return std::nullopt;
  if (!limit_claim.empty()) {
    grant.prefixes = Texts(claims, limit_claim);
    if (!grant.prefixes) return std::nullopt;
  }
  return grant;
}

}  // namespace

bool TokenGrant::Allows(std::string_view name) const {
  return !prefixes || std::ranges::any_of(*prefixes, [name](const std::string& prefix) {
    return name.starts_with(prefix);
  });
}

void TokenVerifier::SetSecrets(Secrets secrets) {
  const std::lock_guard lock(mutex_);
  secrets_ = std::make_shared<const Secrets>(std::move(secrets));
  grants_.clear();
}

std::shared_ptr<const TokenGrant> TokenVerifier::Verify(std::string_view token, int64_t now) {
  if (Grant known = Remembered(token, now)) return known;
  // libjwt wants it to end in NUL, and would take one within for its end.
  if (token.find('\0') != token.npos) return nullptr;
  std::shared_ptr<const Secrets> secrets;
  {
    const std::lock_guard lock(mutex_);
    secrets = secrets_;
  }
  std::string text(token);
  // Padding is no part of a signature; libjwt compares with one that has none.
  while (text.ends_with('=')) text.pop_back();
  for (const std::string& secret : *secrets) {
    const Token decoded = Decode(text, secret);
    if (decoded == nullptr) continue;
    auto grant = Read(decoded.get(), limit_claim_, now);
    if (!grant) return nullptr;
    const auto shared = std::make_shared<const TokenGrant>(std::move(*grant));
    Remember(token, secrets, shared, now);
    return shared;
  }
  return nullptr;
}

size_t TokenVerifier::remembered() const {
  const std::lock_guard lock(mutex_);
  return grants_.size();
}

TokenVerifier::Grant TokenVerifier::Remembered(std::string_view token, int64_t now) {
  const std::lock_guard lock(mutex_);
  const auto found = grants_.find(token);
  if (found == grants_.end()) return nullptr;
  if (static_cast<double>(now) <= found->second->expires) return found->second;
  grants_.erase(found);
  return nullptr;
}

void TokenVerifier::Remember(std::string_view token, const std::shared_ptr<const Secrets>& secrets,
                             const Grant& grant, int64_t now) {
  if (token.size() > kLongestRemembered) return;
  const std::lock_guard lock(mutex_);
  // Verified with secrets that were replaced meanwhile.
  if (secrets != secrets_) return;
  if (grants_.size() >= kMostRemembered) {
    std::erase_if(grants_, [now](const auto& entry) {
      return static_cast<double>(now) > entry.second->expires;
    });
  }
  // Any one: which of ten thousand bearers is asked anew does not matter.
  if (grants_.size() >= kMostRemembered) grants_.erase(grants_.begin());
  grants_.emplace(token, grant);
}

}  // namespace weir
