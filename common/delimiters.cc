#include "common/delimiters.h"

#include <cstring>

namespace weir {

size_t Delimiters::FindFurther(size_t from, uint64_t colon_mask) {
  if (from - start_ < kWindow) from = start_ + kWindow;
  for (; from < line_.size(); from = start_ + kWindow) {
    Move(from);
    const uint64_t found = bars_ | (colons_ & colon_mask);
    if (found != 0) return from + static_cast<size_t>(std::countr_zero(found));
  }
  return line_.size();
}

void Delimiters::Move(size_t start) { Load(start); }

bool Delimiters::LoadShort(const char* window, size_t size) {
  char padded[kBlock] = {};
  std::memcpy(padded, window, size);
  const Block block = LookAt(padded);
  bars_ = block.bars;
  colons_ = block.colons;
  return block.high == 0;
}

}  // namespace weir
