#include "router/shown.h"

#include <algorithm>

namespace weir {
namespace {

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool NeedsQuotes(char c) { return c == ' ' || c == '"' || c == '\\' || IsControl(c); }

}  // namespace

std::string Shown(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (std::none_of(text.begin(), text.end(), NeedsQuotes)) return std::string(text);
  std::string shown = "\"";
  for (const char c : text) {
    if (IsControl(c)) {
      const auto byte = static_cast<unsigned char>(c);
      shown += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xF]};
    } else {
      if (c == '"' || c == '\\') shown += '\\';
      shown += c;
    }
  }
  return shown + '"';
}

}  // namespace weir
