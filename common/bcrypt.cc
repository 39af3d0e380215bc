#include "common/bcrypt.h"

#include <crypt.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "common/check.h"
#include "common/same_bytes.h"

namespace weir {
namespace {

constexpr size_t kHashBytes = 60;
constexpr size_t kSettingBytes = 7;  // "$2b$10$"

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsBase64(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '/';
}

}  // namespace

bool IsBcryptHash(std::string_view text) {
  if (text.size() != kHashBytes || !text.starts_with("$2")) return false;
  if (text[2] != 'a' && text[2] != 'b' && text[2] != 'y') return false;
  if (text[3] != '$' || !IsDigit(text[4]) || !IsDigit(text[5]) || text[6] != '$') return false;
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  return cost >= 4 && cost <= 31 && std::ranges::all_of(text.substr(kSettingBytes), IsBase64);
}

bool MatchesBcrypt(const std::string& password, const std::string& hash) {
  WEIR_CHECK(IsBcryptHash(hash));
  if (password.find('\0') != password.npos) return false;
  // libcrypt guards $2a$ against hashes of an old bug, and so gives others than Go for some bytes
  // beyond ASCII.
  std::string setting = hash;
  setting[2] = 'b';
  const auto data = std::make_unique<crypt_data>();  // 32 KiB: too much for a web thread's stack
  const char* const made = crypt_r(password.c_str(), setting.c_str(), data.get());
  return made != nullptr && SameBytes(made, setting);
}

}  // namespace weir
