// LiteralScanner: the tokens of a JavaScript object, one at a time, with their places.
//
// Thread safety: none. Lifetimes: the text outlives the scanner.
// Tested by tests/unit/common/topology/object_literal_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/diagnostics.h"

namespace weir {

struct Token {
  enum class Kind : uint8_t {
    kEnd,      // of the text
    kMark,     // one character of punctuation: text is that character
    kText,     // a quoted text: text is what it means
    kOpen,     // a text whose quote was never closed
    kWord,     // an identifier, with the dots in it (module.exports)
    kNumber,   // text is as written
    kUnknown,  // a byte that begins none of these
  };

  Kind kind = Kind::kEnd;
  Position position;
  size_t offset = 0;  // of its first byte
  std::string text;

  bool Is(char mark) const { return kind == Kind::kMark && text[0] == mark; }
  bool IsWord(std::string_view word) const { return kind == Kind::kWord && text == word; }
};

class LiteralScanner {
 public:
  // A byte order mark at the beginning must have been removed.
  explicit LiteralScanner(std::string_view text) : text_(text) { Next(); }

  const Token& token() const { return token_; }
  void Next();
  // Position of a comment that is never closed; line 0 when there is none.
  Position open_comment() const { return open_comment_; }
  // From the byte at `offset` to the end of its line.
  std::string_view RestOfLine(size_t offset) const;

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool AtEnd() const { return at_ >= text_.size(); }
  void Skip(size_t bytes);
  void SkipBlanksAndComments();
  void ReadText(char quote);
  void ReadEscape();

  const std::string_view text_;
  size_t at_ = 0;
  Position position_{1, 1};
  Position open_comment_;
  Token token_;
};

}  // namespace weir
