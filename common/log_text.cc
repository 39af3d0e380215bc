#include "common/log_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "common/duration.h"
#include "common/utf8.h"

namespace weir {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
// clang 16 does not make one for an aggregate by itself.
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// Room for the cut mark, the closing quote and one escape sequence.
constexpr size_t kReserve = 16;

// The length of the valid UTF-8 character at the front of `text`; 0 when there is none.
size_t CharacterLength(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(text.size(), 4); ++length) {
    if (IsValidUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

// C1 controls, the no-break space, line and paragraph separators, the byte order mark: characters
// that break or blur a line on a terminal.
bool IsInvisible(std::string_view character) {
  if (character.size() == 2) {
    return character[0] == '\xC2' && static_cast<uint8_t>(character[1]) <= 0xA0;
  }
  return character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9" || character == "\xEF\xBB\xBF";
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  while (!text.empty()) {
    const char c = text.front();
    if (static_cast<uint8_t>(c) <= ' ' || c == '=' || c == '"' || c == '\x7F') return true;
    const size_t length = CharacterLength(text);
    if (length == 0 || IsInvisible(text.substr(0, length))) return true;
    text.remove_prefix(length);
  }
  return false;
}

void AppendEscape(std::string_view prefix, uint8_t byte, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += prefix;
  out += kHex[byte >> 4];
  out += kHex[byte & 0xF];
}

}  // namespace

bool LogText::Full() const { return text_.size() + kReserve > max_bytes_; }

void LogText::Add(std::string_view key, const LogValue& value) {
  // A number is at most 24 bytes long.
  if (text_.size() + key.size() + 24 + kReserve > max_bytes_) return;
  const bool json = format_ == LogFormat::kJson;
  if (!text_.empty()) text_ += json ? ',' : ' ';
  if (json) {
    AddQuoted(key);
    text_ += ':';
  } else {
    text_ += key;
    text_ += '=';
  }
  std::visit(Overloaded{[this](std::string_view text) { AddText(text); },
                        [this](int64_t number) { text_ += std::to_string(number); },
                        [this](uint64_t number) { text_ += std::to_string(number); },
                        [this](double number) { AddNumber(number); },
                        [this](bool flag) { text_ += flag ? "true" : "false"; },
                        [this, json](std::chrono::nanoseconds duration) {
                          text_ +=
                              json ? std::to_string(duration.count()) : FormatDuration(duration);
                        }},
             value.value());
}

void LogText::AddText(std::string_view value) {
  const bool fits = text_.size() + value.size() + kReserve <= max_bytes_;
  if (format_ == LogFormat::kLogfmt && fits && !NeedsQuotes(value)) {
    text_ += value;
  } else {
    AddQuoted(value);
  }
}

void LogText::AddQuoted(std::string_view value) {
  const bool json = format_ == LogFormat::kJson;
  text_ += '"';
  while (!value.empty()) {
    if (Full()) {
      text_ += "...";
      break;
    }
    const char c = value.front();
    const auto byte = static_cast<uint8_t>(c);
    const size_t length = CharacterLength(value);
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (c == '\n') {
      text_ += "\\n";
    } else if (c == '\r') {
      text_ += "\\r";
    } else if (c == '\t') {
      text_ += "\\t";
    } else if (byte < ' ' || c == '\x7F') {
      AppendEscape(json ? "\\u00" : "\\x", byte, text_);
    } else if (length == 0 && json) {
      text_ += "\\ufffd";
    } else if (length == 0 || (!json && IsInvisible(value.substr(0, length)))) {
      for (const char each : value.substr(0, length == 0 ? 1 : length)) {
        AppendEscape("\\x", static_cast<uint8_t>(each), text_);
      }
    } else {
      text_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  text_ += '"';
}

void LogText::AddNumber(double value) {
  if (!std::isfinite(value)) {
    // JSON has no word for these.
    return AddText(std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
  }
  char digits[32];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), value);
  text_.append(digits, end.ptr);
}

}  // namespace weir
