#include "common/simple_line.h"

#include <algorithm>

namespace weir {

uint64_t LineEnds::InLast(const char* begin, const char* at, const char* end) {
  const auto left = static_cast<size_t>(end - at);
  const uint64_t block_end = uint64_t{1} << left;
  if (left == 0) return block_end;
  if (end - begin >= static_cast<ptrdiff_t>(kWindow)) {
    return InWhole(end - kWindow) >> (kWindow - left) | block_end;
  }
  if (left < kChunk) {
    char padded[kChunk] = {};
    std::memcpy(padded, at, left);
    return InChunk(padded) | block_end;
  }
  // Chunks overlap those before them rather than the block's end.
  const size_t last = left - kChunk;
  const size_t second = std::min(kChunk, last);
  const size_t third = std::min(2 * kChunk, last);
  return InChunk(at) | InChunk(at + second) << second | InChunk(at + third) << third |
         InChunk(at + last) << last | block_end;
}

LineGlance::Value LineGlance::ReadUnusual(const char* line, const char* end) {
  constexpr Value kNone = {nullptr, 0, false};
  const char* text = end;
  while (text > line && text[-1] != ':') --text;
  if (text == line || text == end) return kNone;
  Value value = {text, 0, *text == '+' || *text == '-'};
  return ParseNumber({text, static_cast<size_t>(end - text)}, &value.number) ? value : kNone;
}

}  // namespace weir
