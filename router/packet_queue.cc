#include "router/packet_queue.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// Below it the memory is kept.
constexpr size_t kKeptCapacity = 65'536;

}  // namespace

void PacketQueue::Push(const Packet& packet) {
  if (head_ > buffer_.size() / 2) Compact();
  buffer_.append(packet.data, packet.size);
  records_.push_back({packet.size, packet.lines});
  lines_ += packet.lines;
}

void PacketQueue::Compact() {
  // The beginning of a packet stays as long as its rest: OnBreak looks at it.
  buffer_.erase(0, head_ - gone_);
  head_ = gone_;
}

Amount PacketQueue::Advance(size_t size) {
  Amount sent;
  sent.bytes = size;
  head_ += size;
  gone_ += size;
  while (!records_.empty() && gone_ >= records_.front().size) {
    const Record record = records_.front();
    records_.pop_front();
    gone_ -= record.size;
    lines_ -= record.lines;
    sent.lines += record.lines;
    ++sent.packets;
  }
  if (empty()) {
    buffer_.clear();
    head_ = 0;
    if (buffer_.capacity() > kKeptCapacity) std::string().swap(buffer_);
  }
  return sent;
}

PacketQueue::Break PacketQueue::OnBreak() {
  if (gone_ == 0) return {};
  Break result;
  Record& first = records_.front();
  const std::string_view gone(&buffer_[head_ - gone_], gone_);
  result.sent.lines = static_cast<uint64_t>(std::count(gone.begin(), gone.end(), '\n'));
  if (!gone.ends_with('\n')) {
    result.cut.lines = 1;
    result.cut.bytes = bytes().find('\n') + 1;
  }
  head_ += result.cut.bytes;
  first.size -= static_cast<uint32_t>(gone_ + result.cut.bytes);
  first.lines -= static_cast<uint32_t>(result.sent.lines + result.cut.lines);
  lines_ -= result.sent.lines + result.cut.lines;
  gone_ = 0;
  if (first.size == 0) records_.pop_front();
  Advance(0);
  return result;
}

Amount PacketQueue::waiting() const { return {lines_, bytes().size(), records_.size()}; }

Amount PacketQueue::Clear() {
  const Amount all = waiting();
  *this = PacketQueue();
  return all;
}

}  // namespace weir
