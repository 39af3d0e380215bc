// SameBytes: compares secrets.
//
// Takes as long whether the first byte differs or the last; of texts of different sizes it tells
// that at once. Thread safety: a free function. Tested by tests/unit/common/token_set_test.cc.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

inline bool SameBytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char differing = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    differing = static_cast<unsigned char>(differing | (a[i] ^ b[i]));
  }
  return differing == 0;
}

}  // namespace weir
