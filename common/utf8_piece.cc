#include "common/utf8_piece.h"

#include <cstdint>

namespace weir {
namespace {

// What may follow a first byte. The range is that of the second byte; later ones are 80 to BF.
struct Lead {
  size_t size;  // of the code point; 0: none starts with this byte
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xC2) return {0};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};  // below: overlong
  if (byte == 0xED) return {3, 0x80, 0x9F};  // above: surrogates
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};  // below: overlong
  if (byte < 0xF4) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};  // above: past U+10FFFF
  return {0};
}

}  // namespace

Utf8Piece FirstUtf8Piece(std::string_view text) {
  Lead lead = LeadOf(static_cast<uint8_t>(text[0]));
  if (lead.size == 0) return {1, false};
  for (size_t size = 1; size < lead.size; ++size) {
    if (size == text.size()) return {size, false};
    const auto byte = static_cast<uint8_t>(text[size]);
    if (byte < lead.low || byte > lead.high) return {size, false};
    lead.low = 0x80;
    lead.high = 0xBF;
  }
  return {lead.size, true};
}

}  // namespace weir
