#include "router/sent_log.h"

#include <algorithm>
#include <cstring>

namespace weir {

void SentLog::Add(const char* data, const Amount& amount) {
  Entry& entry = entries_[next_];
  next_ = (next_ + 1) % kSize;
  entry.prefix_size = static_cast<uint8_t>(std::min<uint64_t>(amount.bytes, kPrefix));
  std::memcpy(entry.prefix.data(), data, entry.prefix_size);
  entry.present = true;
  entry.lines = static_cast<uint32_t>(amount.lines);
  entry.bytes = static_cast<uint32_t>(amount.bytes);
  entry.packets = static_cast<uint32_t>(amount.packets);
}

std::optional<Amount> SentLog::Take(std::string_view quote) {
  for (size_t i = 0; i < kSize; ++i) {
    Entry& entry = entries_[(next_ + i) % kSize];
    if (!entry.present) continue;
    const std::string_view prefix(entry.prefix.data(), entry.prefix_size);
    if (!prefix.starts_with(quote)) continue;
    entry.present = false;
    return Amount{entry.lines, entry.bytes, entry.packets};
  }
  return std::nullopt;
}

}  // namespace weir
