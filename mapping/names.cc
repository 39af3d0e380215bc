#include "mapping/names.h"

#include <array>

#include "common/utf8.h"

namespace weir {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<bool, 256> kLegal = [] {
  std::array<bool, 256> legal{};
  for (int c = 'a'; c <= 'z'; ++c) legal[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) legal[c] = true;
  for (int c = '0'; c <= '9'; ++c) legal[c] = true;
  legal['_'] = true;
  return legal;
}();

constexpr bool IsLegalByte(char c) { return kLegal[static_cast<unsigned char>(c)]; }

bool HasOnlyLegalBytes(std::string_view text) {
  for (char c : text) {
    if (!IsLegalByte(c)) return false;
  }
  return true;
}

}  // namespace

void EscapeName(std::string_view text, std::string* out) {
  if (text.empty()) return;
  if (IsDigit(text[0])) out->push_back('_');
  if (HasOnlyLegalBytes(text)) {
    out->append(text);
    return;
  }
  for (size_t i = 0; i < text.size();) {
    if (IsLegalByte(text[i])) {
      out->push_back(text[i++]);
    } else if (text[i] == '-') {
      out->push_back('_');
      while (i < text.size() && text[i] == '-') ++i;
    } else {
      out->push_back('_');
      i += CodePointSize(text.substr(i));
    }
  }
}

bool IsLegalName(std::string_view text) {
  return !text.empty() && !IsDigit(text[0]) && HasOnlyLegalBytes(text);
}

bool IsLegalLabelName(std::string_view text) {
  return IsLegalName(text) && !text.starts_with("__");
}

}  // namespace weir
