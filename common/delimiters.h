// Delimiters: where the ':' and '|' of a line stand.
//
// A line is looked at 64 bytes at a time: each window becomes two bit masks, and finding the next
// delimiter is a shift and a count of zeros. Most lines are one window, so most are read once.
// Walking forward costs each byte once; going back loads a window again.
// Reads nothing outside the line, which must outlive this object.
// Thread safety: one thread.
// Tested by tests/unit/common/parser_test.cc.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir {

class Delimiters {
 public:
  // What Find stops at.
  static constexpr uint64_t kBar = 0;
  static constexpr uint64_t kBarOrColon = ~uint64_t{0};

  // Starts on a line; says whether all of it is ASCII. The line is not empty.
  bool Open(std::string_view line) {
    line_ = line;
    const bool ascii = Load(0);
    return ascii && (line.size() <= kWindow || IsAscii(line.substr(kWindow)));
  }

  // Whether the line has one ':' and then one '|' and both are in the first window: most have.
  // REQUIRES: nothing was found or moved since Open.
  bool IsSimple(size_t* colon, size_t* bar) const {
    const auto is_one_bit = [](uint64_t mask) { return mask != 0 && (mask & (mask - 1)) == 0; };
    if (line_.size() > kWindow || !is_one_bit(colons_) || !is_one_bit(bars_)) return false;
    *colon = static_cast<size_t>(std::countr_zero(colons_));
    *bar = static_cast<size_t>(std::countr_zero(bars_));
    return *colon < *bar;
  }

  // The first ':'; the line's size when there is none.
  size_t FindFirstColon() {
    while (colons_ == 0) {
      if (start_ + kWindow >= line_.size()) return line_.size();
      Move(start_ + kWindow);
    }
    return start_ + static_cast<size_t>(std::countr_zero(colons_));
  }

  // Says that what comes before `from` is done with: on a long line the window moves there, so that
  // the rest is looked at once. REQUIRES: from <= size.
  void LeaveBehind(size_t from) {
    if (start_ + kWindow < line_.size()) Move(from);
  }

  // The first delimiter at or after `from`; the line's size when there is none.
  // REQUIRES: from <= size, colon_mask is kBar or kBarOrColon.
  size_t Find(size_t from, uint64_t colon_mask) {
    // False also before the window: the difference wraps.
    if (from - start_ < kWindow) [[likely]] {
      const uint64_t found = (bars_ | (colons_ & colon_mask)) >> (from - start_);
      if (found != 0) return from + static_cast<size_t>(std::countr_zero(found));
      if (start_ + kWindow >= line_.size()) return line_.size();
    }
    return FindFurther(from, colon_mask);
  }

 private:
  static constexpr size_t kWindow = 64;
  static constexpr size_t kBlock = 16;

  // Looks at windows, from the one at `from` or behind the present one on.
  size_t FindFurther(size_t from, uint64_t colon_mask);

  struct Block {
    uint32_t bars;
    uint32_t colons;
    uint32_t high;  // bytes that are not ASCII
  };

  void Move(size_t start);

  // Looks at the window that starts at `start`. For the first one, true when all of it is ASCII.
  [[gnu::always_inline]] bool Load(size_t start) {
    const char* const window = line_.data() + start;
    const size_t size = std::min(line_.size() - start, kWindow);
    start_ = start;
    if (size < kBlock) return LoadShort(window, size);
    uint64_t bars = 0;
    uint64_t colons = 0;
    uint32_t high = 0;
    const auto look = [&](size_t at) {
      const Block block = LookAt(window + at);
      bars |= uint64_t{block.bars} << at;
      colons |= uint64_t{block.colons} << at;
      high |= block.high;
    };
    // The last block overlaps the one before it rather than the end of the line.
    const size_t last = size - kBlock;
    for (size_t at = 0; at < last; at += kBlock) look(at);
    look(last);
    bars_ = bars;
    colons_ = colons;
    return high == 0;
  }

  bool LoadShort(const char* window, size_t size);

#if defined(__SSE2__)
  static Block LookAt(const char* at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto mask = [](__m128i set) { return static_cast<uint32_t>(_mm_movemask_epi8(set)); };
    return {mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('|'))),
            mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'))), mask(bytes)};
  }
#else
  static Block LookAt(const char* at) {
    Block block = {};
    for (uint32_t i = 0; i < kBlock; ++i) {
      block.bars |= uint32_t{at[i] == '|'} << i;
      block.colons |= uint32_t{at[i] == ':'} << i;
      block.high |= uint32_t{(at[i] & 0x80) != 0} << i;
    }
    return block;
  }
#endif

  std::string_view line_;
  size_t start_ = 0;
  uint64_t bars_ = 0;
  uint64_t colons_ = 0;
};

// Whether a name may carry tags in any dialect: has a '[', ',' or '#'.
inline bool MayHaveTags(std::string_view name) {
  const char* at = name.data();
  const char* const end = at + name.size();
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('[')),
                                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8(','))),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
    if (_mm_movemask_epi8(found) != 0) return true;
  }
  if (at > name.data() && at < end) return MayHaveTags({end - 16, 16});
#endif
  for (; at < end; ++at) {
    if (*at == '[' || *at == ',' || *at == '#') return true;
  }
  return false;
}

}  // namespace weir
