#include "common/md5.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace weir {
namespace {

// floor(2^32 * |sin(i + 1)|).
constexpr std::array<uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// Which word of the block a step reads: first + step * stride, modulo 16.
constexpr size_t kFirst[4] = {0, 1, 5, 0};
constexpr size_t kStride[4] = {1, 5, 3, 7};

// Each step waits for the `b` of the one before: what does not need it stands apart.
template <size_t kRound>
uint32_t Blend(uint32_t b, uint32_t c, uint32_t d) {
  if constexpr (kRound == 0) return d ^ (b & (c ^ d));
  if constexpr (kRound == 1) return (c & ~d) + (b & d);
  if constexpr (kRound == 2) return b ^ (c ^ d);
  if constexpr (kRound == 3) return c ^ (b | ~d);
}

// The four registers change roles from step to step; unrolled, that costs nothing.
template <size_t kStep>
[[gnu::always_inline]] inline void Step(Md5::Digest& r, const std::array<uint32_t, 16>& words) {
  constexpr size_t kRound = kStep / 16;
  constexpr size_t kA = (64 - kStep) % 4;
  const uint32_t b = r[(kA + 1) % 4];
  const uint32_t early =
      r[kA] + kSines[kStep] + words[(kFirst[kRound] + kStep * kStride[kRound]) % 16];
  const uint32_t sum = early + Blend<kRound>(b, r[(kA + 2) % 4], r[(kA + 3) % 4]);
  r[kA] = b + std::rotl(sum, kTurns[kRound][kStep % 4]);
}

}  // namespace

void Md5::Absorb(const uint8_t* block) {
  std::array<uint32_t, 16> words;
  for (size_t i = 0; i < words.size(); ++i) {
    const uint8_t* const at = block + 4 * i;
    words[i] =
        uint32_t{at[0]} | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
  }
  Digest r = state_;
  [&]<size_t... kStep>(std::index_sequence<kStep...>) { (Step<kStep>(r, words), ...); }
  (std::make_index_sequence<64>());
  for (size_t i = 0; i < r.size(); ++i) state_[i] += r[i];
}

void Md5::Update(std::string_view text) {
  while (!text.empty()) {
    const size_t used = size_ % kBlock;
    const size_t taken = std::min(text.size(), kBlock - used);
    std::memcpy(block_.data() + used, text.data(), taken);
    text.remove_prefix(taken);
    size_ += taken;
    if (used + taken == kBlock) Absorb(block_.data());
  }
}

Md5::Digest Md5::Finish() {
  constexpr size_t kLengthAt = kBlock - 8;
  size_t used = size_ % kBlock;
  block_[used++] = 0x80;
  if (used > kLengthAt) {
    std::memset(block_.data() + used, 0, kBlock - used);
    Absorb(block_.data());
    used = 0;
  }
  std::memset(block_.data() + used, 0, kLengthAt - used);
  const uint64_t bits = size_ * 8;
  for (size_t i = 0; i < 8; ++i) block_[kLengthAt + i] = static_cast<uint8_t>(bits >> (8 * i));
  Absorb(block_.data());
  return state_;
}

}  // namespace weir
