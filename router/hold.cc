#include "router/hold.h"

#include <algorithm>

namespace weir {

bool Hold::Add(const Packet& packet, int64_t now_nanos) {
  if (waiting_.bytes + packet.size > max_bytes_) return false;
  held_.push_back({std::string(packet.data, packet.size), packet.lines, now_nanos});
  waiting_ += AmountOf(packet);
  return true;
}

Amount Hold::Expire(int64_t now_nanos) {
  const auto fresh = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
    return now_nanos - held.since <= time_;
  });
  return Pop(static_cast<size_t>(fresh - held_.begin()));
}

size_t Hold::Oldest(std::span<Packet> packets) const {
  const size_t count = std::min(packets.size(), held_.size());
  for (size_t i = 0; i < count; ++i) packets[i] = held_[i].packet();
  return count;
}

Amount Hold::Pop(size_t count) {
  Amount gone;
  for (size_t i = 0; i < count; ++i) {
    gone += AmountOf(held_.front().packet());
    held_.pop_front();
  }
  waiting_ -= gone;
  return gone;
}

}  // namespace weir
