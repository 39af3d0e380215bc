// Packer: makes packets of the lines for one downstream. A packet holds whole lines, each with its
// LF, and never more than the mtu; a line that alone exceeds it is a packet of its own. The order
// of lines is kept.
//
// Packets that follow each other stand next to each other in memory, as one UDP GSO send needs it.
// Bounded: kMaxPackets and 132 KiB, touched only as far as they are used.
// Cost: a copy of the line. Nothing is allocated after construction.
// Thread safety: one thread. Tested by tests/unit/router/packer_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "router/packet.h"

namespace weir {

class Packer {
 public:
  static constexpr size_t kMaxPackets = 64;
  // With its LF.
  static constexpr size_t kMaxLine = 65'537;

  // REQUIRES: 0 < mtu <= kMaxLine.
  explicit Packer(size_t mtu);
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  // False, and not taken: there is no room until packets are popped. Whatever its size, a line fits
  // when none wait. REQUIRES: line.size() < kMaxLine.
  [[nodiscard]] bool Add(std::string_view line) {
    if (line.size() >= room_) [[unlikely]]
      return AddToNext(line);
    Append(line);
    return true;
  }

  // Ends the packet that is being filled, so that it is among packets().
  void Close();
  // Of packets from now on; ends the one that is being filled. REQUIRES: as the constructor.
  void SetMtu(size_t mtu);

  // Those that are full or closed, oldest first. Good until the next call that changes anything.
  std::span<const Packet> packets() const { return {packets_.data(), count_}; }
  // Forgets the oldest. REQUIRES: count <= packets().size().
  void Pop(size_t count);

  // Those of the packet that is being filled included.
  uint64_t waiting_lines() const { return closed_lines_ + open_lines_; }
  uint64_t waiting_bytes() const { return end_; }

 private:
  // Two of the longest lines and some.
  static constexpr size_t kCapacity = 135'168;

  void Append(std::string_view line) {
    char* const at = &buffer_[end_];
    std::memcpy(at, line.data(), line.size());
    at[line.size()] = '\n';
    end_ += line.size() + 1;
    room_ -= line.size() + 1;
    ++open_lines_;
  }
  bool AddToNext(std::string_view line);
  void UpdateRoom();

  size_t mtu_;
  const std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;  // of the packet that is being filled
  size_t end_ = 0;
  size_t room_ = 0;  // in that packet
  uint32_t open_lines_ = 0;
  uint64_t closed_lines_ = 0;
  size_t count_ = 0;
  std::array<Packet, kMaxPackets> packets_;
};

}  // namespace weir
