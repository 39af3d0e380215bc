#include "router/packer.h"

#include <algorithm>

#include "common/check.h"

namespace weir {

Packer::Packer(size_t mtu) : mtu_(mtu), buffer_(std::make_unique_for_overwrite<char[]>(kCapacity)) {
  WEIR_CHECK(mtu > 0 && mtu <= kMaxLine);
  UpdateRoom();
}

void Packer::SetMtu(size_t mtu) {
  WEIR_CHECK(mtu > 0 && mtu <= kMaxLine);
  Close();
  mtu_ = mtu;
  UpdateRoom();
}

void Packer::UpdateRoom() {
  const size_t used = end_ - begin_;
  if (count_ == kMaxPackets || used >= mtu_) {
    room_ = 0;
  } else {
    room_ = std::min(mtu_ - used, kCapacity - end_);
  }
}

bool Packer::AddToNext(std::string_view line) {
  Close();
  const size_t size = line.size() + 1;
  if (count_ == kMaxPackets || size > kCapacity - end_) return false;
  Append(line);
  if (size > mtu_) {
    Close();
  } else {
    UpdateRoom();
  }
  return true;
}

void Packer::Close() {
  if (open_lines_ == 0) return;
  packets_[count_++] = {&buffer_[begin_], static_cast<uint32_t>(end_ - begin_), open_lines_};
  closed_lines_ += open_lines_;
  open_lines_ = 0;
  begin_ = end_;
  UpdateRoom();
}

void Packer::Pop(size_t count) {
  if (count == 0) return;
  const size_t gone = count == count_ ? begin_ : packets_[count].data - buffer_.get();
  for (size_t i = 0; i < count; ++i) closed_lines_ -= packets_[i].lines;
  std::memmove(buffer_.get(), &buffer_[gone], end_ - gone);
  std::copy(packets_.begin() + count, packets_.begin() + count_, packets_.begin());
  count_ -= count;
  for (size_t i = 0; i < count_; ++i) packets_[i].data -= gone;
  begin_ -= gone;
  end_ -= gone;
  UpdateRoom();
}

}  // namespace weir
