#include "common/basic_auth.h"

#include <strings.h>
#include <sys/random.h>

#include <array>
#include <optional>
#include <utility>

#include "common/base64.h"
#include "common/bcrypt.h"
#include "common/check.h"

namespace weir {
namespace {

// Of nobody's password: what a name that is not there is compared with.
const std::string kNobody = "$2b$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

struct Credentials {
  std::string name;
  std::string password;
};

std::optional<Credentials> ReadCredentials(std::string_view authorization) {
  constexpr std::string_view kScheme = "Basic ";
  if (authorization.size() < kScheme.size() ||
      strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) {
    return std::nullopt;
  }
  const auto both = DecodeBase64(authorization.substr(kScheme.size()));
  if (!both) return std::nullopt;
  const size_t colon = both->find(':');
  if (colon == both->npos) return std::nullopt;
  return Credentials{both->substr(0, colon), both->substr(colon + 1)};
}

std::string RandomKey() {
  std::array<char, HmacSha256::kBytes> key;
  WEIR_CHECK(getrandom(key.data(), key.size(), 0) == static_cast<ssize_t>(key.size()));
  return {key.data(), key.size()};
}

void Remember(const HmacSha256::Code& code, std::set<HmacSha256::Code>* in) {
  if (in->size() >= BasicAuth::kMostRemembered) in->clear();
  in->insert(code);
}

}  // namespace

BasicAuth::BasicAuth() : coder_(RandomKey()) {}

BasicAuth::Verdict BasicAuth::Check(std::string_view authorization, const Users& users) {
  const auto given = ReadCredentials(authorization);
  if (!given) return Verdict::kRefused;
  const auto user = users.find(given->name);
  const std::string* const hash = user == users.end() ? nullptr : &user->second;
  // The sizes keep ("a", "b:c") from being ("a:b", "c").
  std::string all = std::to_string(given->name.size()) + ":" + given->name;
  all.append(hash == nullptr ? "" : *hash).append(":").append(given->password);
  Code code;
  {
    const std::lock_guard lock(mutex_);
    code = coder_.Of(all);
    if (good_.contains(code)) return Verdict::kAllowed;
    if (bad_.contains(code)) return Verdict::kRefused;
    if (checking_ == kMostChecks) return Verdict::kBusy;
    ++checking_;
  }
  return Compare(code, given->password, hash);
}

BasicAuth::Verdict BasicAuth::Compare(const Code& code, const std::string& password,
                                      const std::string* hash) {
  bool same = false;
  {
    const std::lock_guard lock(bcrypt_);
    same = MatchesBcrypt(password, hash == nullptr ? kNobody : *hash);
  }
  const bool good = same && hash != nullptr;
  const std::lock_guard lock(mutex_);
  --checking_;
  ++checks_;
  Remember(code, good ? &good_ : &bad_);
  return good ? Verdict::kAllowed : Verdict::kRefused;
}

uint64_t BasicAuth::checks() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

}  // namespace weir
