// Utf8Piece: text taken apart into code points and what is broken between them, as browsers and
// Node.js do when they decode: a broken piece is the longest start of a code point that goes no
// further, at least one byte, and becomes one U+FFFD (Unicode 15, section 3.9, "maximal subparts").
//
// Thread safety: pure. Tested by tests/unit/common/utf8_piece_test.cc, by answers of Node.js 20.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

struct Utf8Piece {
  static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

  size_t size;  // in bytes, 1 to 4
  bool valid;
};

// REQUIRES: `text` is not empty.
Utf8Piece FirstUtf8Piece(std::string_view text);

}  // namespace weir
