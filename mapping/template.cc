#include "mapping/template.h"

#include <charconv>
#include <optional>
#include <utility>

namespace weir {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr bool IsWordByte(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::optional<size_t> ParseNumber(std::string_view digits) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// One reference at the start of a text that begins with `$`.
struct Reference {
  size_t size = 0;  // bytes it takes; 0 when the `$` is an ordinary byte
  std::string_view inner;
};

Reference ParseGlobReference(std::string_view text) {
  size_t begin = 1;
  if (begin < text.size() && text[begin] == '{') ++begin;
  size_t end = begin;
  while (end < text.size() && (IsWordByte(text[end]) || text[end] == '$')) ++end;
  if (end == begin) return {};
  const std::string_view inner = text.substr(begin, end - begin);
  if (end < text.size() && text[end] == '}') ++end;
  return {end, inner};
}

Reference ParseRegexReference(std::string_view text) {
  const bool braced = text.size() > 1 && text[1] == '{';
  const size_t begin = braced ? 2 : 1;
  size_t end = begin;
  while (end < text.size() && IsWordByte(text[end])) ++end;
  if (end == begin) return {};
  const std::string_view inner = text.substr(begin, end - begin);
  if (!braced) return {end, inner};
  if (end == text.size() || text[end] != '}') return {};
  return {end + 1, inner};
}

// A group by number or by name; a number with a leading zero is a name.
std::optional<size_t> FindGroup(std::string_view inner, size_t groups,
                                const std::map<std::string, int>& names) {
  const bool is_number = inner == "0" || inner[0] != '0';
  if (const auto number = ParseNumber(inner); is_number && number) {
    return *number <= groups ? number : std::nullopt;
  }
  const auto named = names.find(std::string(inner));
  if (named == names.end()) return std::nullopt;
  return static_cast<size_t>(named->second);
}

}  // namespace

Template Template::ForGlob(std::string_view text, size_t stars) {
  Template made;
  for (size_t i = 0; i < text.size();) {
    const Reference reference = text[i] == '$' ? ParseGlobReference(text.substr(i)) : Reference{};
    if (reference.size == 0) {
      made.tail_.push_back(text[i++]);
      continue;
    }
    const auto number = ParseNumber(reference.inner);
    if (number && *number <= stars) {
      made.AddCapture(*number);
    } else {
      made.dead_references_.emplace_back(text.substr(i, reference.size));
    }
    i += reference.size;
  }
  return made;
}

Template Template::ForRegex(std::string_view text, size_t groups,
                            const std::map<std::string, int>& names) {
  Template made;
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with("$$")) {
      made.tail_.push_back('$');
      i += 2;
      continue;
    }
    const Reference reference = text[i] == '$' ? ParseRegexReference(text.substr(i)) : Reference{};
    if (reference.size == 0) {
      made.tail_.push_back(text[i++]);
      continue;
    }
    if (const auto group = FindGroup(reference.inner, groups, names)) {
      made.AddCapture(*group);
    } else {
      made.dead_references_.emplace_back(text.substr(i, reference.size));
    }
    i += reference.size;
  }
  return made;
}

void Template::AddCapture(size_t capture) {
  pieces_.push_back({std::exchange(tail_, {}), capture});
}

void Template::Expand(std::span<const std::string_view> captures, std::string* out) const {
  for (const Piece& piece : pieces_) {
    out->append(piece.text);
    out->append(captures[piece.capture]);
  }
  out->append(tail_);
}

std::string Template::Shape() const {
  std::string shape;
  for (const Piece& piece : pieces_) shape.append(piece.text).push_back('*');
  return shape.append(tail_);
}

}  // namespace weir
