#include "router/sent_log.h"

#include <algorithm>
#include <cstring>

#include "common/hash.h"

namespace weir {

void SentLog::Add(const char* data, const Amount& amount) {
  Entry& entry = entries_[next_];
  next_ = (next_ + 1) % kSize;
  entry.hash = PublicHash64({data, std::min<size_t>(amount.bytes, kQuoted)});
  entry.bytes = static_cast<uint32_t>(amount.bytes);
  entry.lines = static_cast<uint32_t>(amount.lines);
  entry.packets = static_cast<uint32_t>(amount.packets);
  entry.present = true;
  std::memcpy(entry.prefix.data(), data, std::min<size_t>(amount.bytes, kPrefix));
}

bool SentLog::Entry::BeginsWith(std::string_view quote) const {
  const std::string_view beginning(prefix.data(), std::min<size_t>(bytes, kPrefix));
  return quote.size() <= bytes && beginning.starts_with(quote.substr(0, kPrefix));
}

template <class Matches>
std::optional<Amount> SentLog::TakeOldest(Matches matches) {
  for (size_t i = 0; i < kSize; ++i) {
    Entry& entry = entries_[(next_ + i) % kSize];
    if (!entry.present || !matches(entry)) continue;
    entry.present = false;
    return Amount{entry.lines, entry.bytes, entry.packets};
  }
  return std::nullopt;
}

std::optional<Amount> SentLog::Take(std::string_view quote) {
  const uint64_t hash = PublicHash64(quote.substr(0, kQuoted));
  const auto same = [&](const Entry& entry) {
    const bool whole = entry.bytes == quote.size();
    return entry.hash == hash && (whole || (quote.size() >= kQuoted && entry.bytes > kQuoted));
  };
  if (const auto amount = TakeOldest(same)) return amount;
  return TakeOldest([&](const Entry& entry) { return entry.BeginsWith(quote); });
}

}  // namespace weir
