#include "common/utf8_piece.h"

#include <string>
#include <string_view>

#include "common/utf8.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

// '.' for each good code point, '!' for each broken piece.
std::string Pieces(std::string_view text) {
  std::string pieces;
  while (!text.empty()) {
    const Utf8Piece piece = FirstUtf8Piece(text);
    pieces += piece.valid ? '.' : '!';
    REQUIRE(piece.size >= 1);
    REQUIRE(piece.size <= text.size());
    REQUIRE(IsValidUtf8(text.substr(0, piece.size)) == piece.valid);
    text.remove_prefix(piece.size);
  }
  return pieces;
}

TEST_CASE("broken UTF-8 comes in the pieces that Node.js replaces", "[utf8_piece]") {
  CHECK(Pieces("") == "");
  CHECK(Pieces("a\xC3\xA9\xEF\xBF\xBD\xF0\x9F\x98\x81") == "....");
  CHECK(Pieces("\xEF\xBB\xBF\x61") == "..");
  CHECK(Pieces("a\xFF"
               "b") == ".!.");
  CHECK(Pieces("\xE2\x82\x41") == "!.");
  CHECK(Pieces("\xF0\x9F\x98\x41") == "!.");
  CHECK(Pieces("\xF0\x80\x80\x41") == "!!!.");
  CHECK(Pieces("\xED\xA0\x80\x41") == "!!!.");
  CHECK(Pieces("\xF4\x90\x80\x80") == "!!!!");
  CHECK(Pieces("\xE0\x80\x9F") == "!!!");
  CHECK(Pieces("\xC0\x80") == "!!");
  CHECK(Pieces("\xFE\xFE") == "!!");
  CHECK(Pieces("\x80\x41") == "!.");
  CHECK(Pieces("\xC3") == "!");
  CHECK(Pieces("\xE2\x82") == "!");
  CHECK(Pieces("\xF0\x9F\x98") == "!");
  CHECK(Pieces("\xF1\x80\x80\x41\xC2") == "!.!");
}

TEST_CASE("good code points and only those are whole pieces", "[utf8_piece]") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second), '\x80',
                                '\x80'};
      const std::string pieces = Pieces(text);
      REQUIRE((pieces.find('!') == std::string::npos) == IsValidUtf8(text));
    }
  }
}

}  // namespace
}  // namespace weir
