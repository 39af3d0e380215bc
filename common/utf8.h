// UTF-8: is a text valid, and the quicker question that settles most lines: is it all ASCII?
//
// Validity is Go's: overlong forms, surrogates and code points above U+10FFFF are invalid; NUL and
// control characters are fine.
// Thread safety: pure functions.
// Tested by tests/unit/common/utf8_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir {

// Reads nothing outside `text`.
inline bool IsAscii(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
#if defined(__SSE2__)
  __m128i bytes = _mm_setzero_si128();
  for (; end - at >= 16; at += 16) {
    bytes = _mm_or_si128(bytes, _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  }
  if (_mm_movemask_epi8(bytes) != 0) return false;
#endif
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t seen = 0;
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    seen |= word;
  }
  if (at < end && text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, end - 8, sizeof(word));
    return ((seen | word) & kHighBits) == 0;
  }
  for (; at < end; ++at) seen |= static_cast<uint8_t>(*at);
  return (seen & kHighBits) == 0;
}

bool IsValidUtf8(std::string_view text);

// Bytes of the code point that begins `text`, which is not empty; 1 where the bytes are not UTF-8.
size_t CodePointSize(std::string_view text);

}  // namespace weir
