#include "common/secrets.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string PlaceOf(const std::string& name, size_t line, size_t column) {
  return name + ":" + std::to_string(line) + ":" + std::to_string(column + 1);
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

Result<std::vector<SecretLine>> ReadSecrets(std::string_view text, const std::string& name) {
  std::vector<SecretLine> secrets;
  for (size_t line = 1; !text.empty(); ++line) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const size_t begin = whole.find_first_not_of(kBlanks);
    if (begin == whole.npos || whole[begin] == '#') continue;
    const size_t end = whole.find_last_not_of(kBlanks) + 1;
    const std::string_view secret = whole.substr(begin, end - begin);
    if (const auto bad = std::ranges::find_if(secret, IsControl); bad != secret.end()) {
      return Error{PlaceOf(name, line, bad - whole.begin()) +
                   ": a control character, write each secret as text on a line of its own"};
    }
    secrets.push_back({std::string(secret), PlaceOf(name, line, begin)});
  }
  if (secrets.empty()) {
    return Error{name + ":1:1: no secret in it, so nobody could send; write one on each line"};
  }
  return secrets;
}

}  // namespace weir
