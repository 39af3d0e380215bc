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

// The short way, for the integers that nearly all lines carry: the 8 characters before an end, as
// one word in which a digit's byte is its value. The first character is the lowest byte.
class LastDigits {
 public:
  // REQUIRES: 8 readable bytes before `end`, of whatever content.
  explicit LastDigits(const char* end) {
    std::memcpy(&bytes_, end - sizeof(bytes_), sizeof(bytes_));
    if constexpr (std::endian::native == std::endian::big) bytes_ = __builtin_bswap64(bytes_);
    bytes_ ^= 0x3030303030303030;
  }

  // How many digits stand before the end: up to 7, one less than there are places. A byte above
  // 0x7f may hide the digit behind it.
  size_t Count() const { return static_cast<size_t>(std::countl_zero(OthersOf(bytes_) | 1)) / 8; }

  // Whether the last `count` characters are digits. REQUIRES: 1 <= count <= 8.
  bool AreDigits(size_t count) const { return OthersOf(Last(count)) == 0; }

  // The number they make. REQUIRES: AreDigits(count).
  uint32_t Number(size_t count) const {
    // Neighbours join: 8 digits, 4 numbers below 100, 2 below 10,000, 1.
    uint64_t digits = Last(count);
    digits = digits * 10 + (digits >> 8);
    digits = ((digits & 0x000000FF000000FF) * (100 + (1'000'000ull << 32)) +
              ((digits >> 16) & 0x000000FF000000FF) * (1 + (10'000ull << 32))) >>
             32;
    return static_cast<uint32_t>(digits);
  }

 private:
  // What is no part of the number becomes leading zeros.
  uint64_t Last(size_t count) const {
    const size_t unused_bits = (8 - count) * 8;
    return (bytes_ >> unused_bits) << unused_bits;
  }

  // The highest bit of each byte that is no digit.
  static uint64_t OthersOf(uint64_t bytes) {
    return (bytes | (bytes + 0x7676767676767676)) & 0x8080808080808080;
  }

  uint64_t bytes_;
};

// The `size` characters that end at `end`, when all of them are digits; false, and *value
// undefined, when one is not. REQUIRES: 1 <= size <= 8, and 8 readable bytes before `end`.
inline bool ParseShortInteger(const char* end, size_t size, uint32_t* value) {
  const LastDigits digits(end);
  *value = digits.Number(size);
  return digits.AreDigits(size);
}

}  // namespace weir
