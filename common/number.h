// Numbers as StatsD lines carry them, read exactly as Go's ParseFloat with 64 bits reads them.
//
// Decimal and hexadecimal floats (`1e3`, `.5`, `5.`, `0x1p-2`), underscores between digits, `nan`
// and signed `inf`/`infinity` in any case. No spaces, nothing before or after. What overflows is an
// error; what underflows is zero or subnormal without one. Results are correctly rounded.
// Thread safety: pure functions. No locale; allocates only for numbers with underscores.
// Tested by tests/unit/common/number_test.cc.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

// False when `text` is no number; then *value is what Go hands back beside its error: 0, or an
// infinity with the number's sign when it is too large.
bool ParseNumber(std::string_view text, double* value);

// The short way, for the integers that nearly all lines carry: the `size` characters that end at
// `end`, all of them digits; false, and *value undefined, when one is not.
// REQUIRES: 1 <= size <= 8, and 8 readable bytes before `end`, of whatever content.
inline bool ParseShortInteger(const char* end, size_t size, uint32_t* value) {
  uint64_t digits;
  std::memcpy(&digits, end - sizeof(digits), sizeof(digits));
  if constexpr (std::endian::native == std::endian::big) digits = __builtin_bswap64(digits);
  const size_t unused_bits = (8 - size) * 8;
  // The first character is the lowest byte; what is no part of the number becomes leading zeros.
  digits = ((digits ^ 0x3030303030303030) >> unused_bits) << unused_bits;
  if (((digits | (digits + 0x7676767676767676)) & 0x8080808080808080) != 0) return false;
  // Neighbours join: 8 digits, 4 numbers below 100, 2 below 10,000, 1.
  digits = digits * 10 + (digits >> 8);
  digits = ((digits & 0x000000FF000000FF) * (100 + (1'000'000ull << 32)) +
            ((digits >> 16) & 0x000000FF000000FF) * (1 + (10'000ull << 32))) >>
           32;
  *value = static_cast<uint32_t>(digits);
  return true;
}

}  // namespace weir
