// HeapBytes: what an allocation of `bytes` takes from the heap: glibc rounds to 16 bytes after a
// word of its own, and takes at least 32.
#pragma once

#include <algorithm>
#include <cstddef>

namespace weir {

constexpr size_t HeapBytes(size_t bytes) {
  return bytes == 0 ? 0 : std::max<size_t>((bytes + 8 + 15) & ~size_t{15}, 32);
}

}  // namespace weir
