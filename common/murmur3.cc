#include "common/murmur3.h"

#include <bit>

namespace weir {
namespace {

uint32_t Scramble(uint32_t word) { return std::rotl(word * 0xCC9E2D51, 15) * 0x1B873593; }

// Up to four bytes, the first one lowest.
uint32_t Word(const char* at, size_t size) {
  uint32_t word = 0;
  for (size_t i = 0; i < size; ++i) word |= uint32_t{static_cast<uint8_t>(at[i])} << (8 * i);
  return word;
}

}  // namespace

uint32_t Murmur3(std::string_view text, uint32_t seed) {
  uint32_t hash = seed;
  size_t at = 0;
  for (; text.size() - at >= 4; at += 4) {
    hash = std::rotl(hash ^ Scramble(Word(text.data() + at, 4)), 13) * 5 + 0xE6546B64;
  }
  hash ^= Scramble(Word(text.data() + at, text.size() - at));
  hash ^= static_cast<uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85EBCA6B;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35;
  return hash ^ hash >> 16;
}

}  // namespace weir
