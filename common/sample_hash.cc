#include "common/sample_hash.h"

namespace weir {

SampleHash::SampleHash() {
  WEIR_CHECK(getrandom(keys_.data(), sizeof keys_, 0) == static_cast<ssize_t>(sizeof keys_));
}

SampleHash::Sum SampleHash::OfUnusualSize(std::string_view text, size_t first_key) const {
  const char* const at = text.data();
  const size_t size = text.size();
  uint64_t first = 0;
  uint64_t second = 0;
  if (size > kMostBytes) {
    const Hash128 hash = ProcessHash().Of(text);
    first = hash.low;
    second = hash.high;
  } else if (size >= 8) {
    first = Load<uint64_t>(at);
    second = Load<uint64_t>(at + size - 8);
  } else if (size >= 4) {
    first = Load<uint32_t>(at);
    second = Load<uint32_t>(at + size - 4);
  } else if (size > 0) {
    first = Load<uint8_t>(at);
    second = Load<uint8_t>(at + size / 2) << 8 | Load<uint8_t>(at + size - 1);
  }
  return Multiply(first + keys_[first_key], second + keys_[first_key + 1]);
}

SampleHash::Sum SampleHash::Chain(Sum sum, std::string_view field) const {
  const Hash128 first{static_cast<uint64_t>(sum), static_cast<uint64_t>(sum >> 64)};
  const Hash128 both = SecretHash::Chain(first, ProcessHash().Of(field));
  return Sum{both.high} << 64 | both.low;
}

const SampleHash& ProcessSampleHash() {
  static const SampleHash hash;
  return hash;
}

}  // namespace weir
