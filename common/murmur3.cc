#include "common/murmur3.h"

#include <bit>

namespace weir {
namespace {

uint32_t Scramble(uint32_t word) { return std::rotl(word * 0xCC9E2D51, 15) * 0x1B873593; }

uint32_t Byte(const char* at) { return static_cast<uint8_t>(*at); }

// The first byte lowest.
uint32_t Word(const char* at) {
  return Byte(at) | Byte(at + 1) << 8 | Byte(at + 2) << 16 | Byte(at + 3) << 24;
}

}  // namespace

uint32_t Murmur3(std::string_view text, uint32_t seed) {
  uint32_t hash = seed;
  size_t at = 0;
  for (; text.size() - at >= 4; at += 4) {
    hash = std::rotl(hash ^ Scramble(Word(text.data() + at)), 13) * 5 + 0xE6546B64;
  }
  uint32_t tail = 0;
  for (size_t i = text.size(); i > at; --i) tail = tail << 8 | Byte(text.data() + i - 1);
  hash ^= Scramble(tail);
  hash ^= static_cast<uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85EBCA6B;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35;
  return hash ^ hash >> 16;
}

}  // namespace weir
