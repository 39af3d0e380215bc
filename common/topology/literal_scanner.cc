#include "common/topology/literal_scanner.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace weir {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// A half of a surrogate pair becomes the replacement character.
void AppendUtf8(uint32_t code, std::string* out) {
  if (code >= 0xD800 && code <= 0xDFFF) code = 0xFFFD;
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
    return;
  }
  if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
  } else {
    out->push_back(static_cast<char>(0xE0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
  }
  out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
}

}  // namespace

void LiteralScanner::Skip(size_t bytes) {
  for (; bytes > 0 && !AtEnd(); --bytes, ++at_) {
    const char c = text_[at_];
    if (c == '\n') {
      position_ = {position_.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++position_.column;
    }
  }
}

void LiteralScanner::SkipBlanksAndComments() {
  while (!AtEnd()) {
    const char c = Peek();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      Skip(1);
    } else if (c == '#' || (c == '/' && Peek(1) == '/')) {
      while (!AtEnd() && Peek() != '\n') Skip(1);
    } else if (c == '/' && Peek(1) == '*') {
      const size_t end = text_.find("*/", at_ + 2);
      if (end == text_.npos) open_comment_ = position_;
      Skip(end == text_.npos ? text_.size() : end + 2 - at_);
    } else {
      return;
    }
  }
}

void LiteralScanner::Next() {
  SkipBlanksAndComments();
  token_ = {Token::Kind::kEnd, position_, at_, {}};
  if (AtEnd()) return;
  const char c = Peek();
  if (c == '"' || c == '\'' || c == '`') return ReadText(c);
  if (IsWordByte(c)) {
    token_.kind = Token::Kind::kWord;
  } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1))) ||
             ((c == '-' || c == '+') && (IsDigit(Peek(1)) || Peek(1) == '.'))) {
    token_.kind = Token::Kind::kNumber;
  } else {
    constexpr std::string_view kMarks = "{}[]():,;=*";
    token_.kind = kMarks.find(c) == kMarks.npos ? Token::Kind::kUnknown : Token::Kind::kMark;
    token_.text = c;
    return Skip(1);
  }
  const size_t begin = at_;
  Skip(1);
  while (IsWordByte(Peek()) || IsDigit(Peek()) || Peek() == '.') Skip(1);
  token_.text = text_.substr(begin, at_ - begin);
}

void LiteralScanner::ReadText(char quote) {
  Skip(1);
  while (!AtEnd() && Peek() != quote) {
    if (Peek() == '\n' && quote != '`') break;
    if (Peek() == '\\') {
      ReadEscape();
    } else {
      token_.text += Peek();
      Skip(1);
    }
  }
  token_.kind = Peek() == quote && !AtEnd() ? Token::Kind::kText : Token::Kind::kOpen;
  if (token_.kind == Token::Kind::kText) Skip(1);
}

void LiteralScanner::ReadEscape() {
  const char c = Peek(1);
  const size_t digits = c == 'u' ? 4 : c == 'x' ? 2 : 0;
  if (digits > 0) {
    const std::string_view hex = text_.substr(std::min(at_ + 2, text_.size()), digits);
    uint32_t code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (error == std::errc{} && end == hex.data() + digits) {
      AppendUtf8(code, &token_.text);
      return Skip(2 + digits);
    }
  }
  switch (c) {
    case 'n':
      token_.text += '\n';
      break;
    case 't':
      token_.text += '\t';
      break;
    case 'r':
      token_.text += '\r';
      break;
    case '\r':  // an escaped line break is none
      Skip(1);
      break;
    case '\n':
      break;
    default:
      token_.text += c;
  }
  Skip(2);
}

std::string_view LiteralScanner::RestOfLine(size_t offset) const {
  const std::string_view rest = text_.substr(offset);
  return rest.substr(0, rest.find_first_of("\r\n"));
}

}  // namespace weir
