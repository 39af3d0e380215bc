#include "common/utf8.h"

#include <algorithm>
#include <cstddef>

namespace weir {
namespace {

bool IsBetween(uint8_t byte, uint8_t low, uint8_t high) { return byte >= low && byte <= high; }

bool IsContinuation(uint8_t byte) { return IsBetween(byte, 0x80, 0xBF); }

// Length in bytes of the code point at `at`, 0 when there is no valid one.
size_t CodePointLength(const uint8_t* at, size_t available) {
  const uint8_t lead = at[0];
  if (lead < 0x80) return 1;
  if (IsBetween(lead, 0xC2, 0xDF)) return available >= 2 && IsContinuation(at[1]) ? 2 : 0;
  if (IsBetween(lead, 0xE0, 0xEF)) {
    if (available < 3) return 0;
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;   // below: overlong
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;  // above: surrogates
    return IsBetween(at[1], low, high) && IsContinuation(at[2]) ? 3 : 0;
  }
  if (IsBetween(lead, 0xF0, 0xF4)) {
    if (available < 4) return 0;
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;   // below: overlong
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;  // above: past U+10FFFF
    return IsBetween(at[1], low, high) && IsContinuation(at[2]) && IsContinuation(at[3]) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t at = 0; at < text.size();) {
    const size_t length = CodePointLength(bytes + at, text.size() - at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

size_t CodePointSize(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return std::max<size_t>(CodePointLength(bytes, text.size()), 1);
}

}  // namespace weir
