// ReceiveSlots: the memory that one loop's listeners receive into, one after the other.
//
// 64 slots of 64 KiB for recvmmsg, or one buffer of 64 KiB for a stream. The address space is
// reserved, but pages come only as datagrams touch them (a page or two per small datagram) and are
// given back a second later, so an idle loop holds none and a burst of big datagrams leaves nothing
// behind; under load that costs at most a thousand page faults a second (about 0.5 ms).
//
// Thread safety: the loop's thread. The loop outlives it.
// Tested by tests/unit/common/receive_slots_test.cc.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "common/event_loop.h"

namespace weir {

class ReceiveSlots {
 public:
  static constexpr int kSlots = 64;
  static constexpr size_t kSlotBytes = 65'536;  // a UDP datagram has at most 65,527

  explicit ReceiveSlots(EventLoop& loop);
  ~ReceiveSlots();
  ReceiveSlots(const ReceiveSlots&) = delete;
  ReceiveSlots& operator=(const ReceiveSlots&) = delete;

  // Takes up to kSlots waiting datagrams without blocking. Returns how many, or -1 with errno set.
  int ReceiveDatagrams(int fd);
  // REQUIRES: i is less than what the last ReceiveDatagrams() returned.
  std::string_view datagram(int i) const {
    return {static_cast<const char*>(vectors_[i].iov_base), headers_[i].msg_len};
  }
  bool truncated(int i) const { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }

  // Takes up to kSlotBytes of a stream without blocking; what came is received(n). Returns as
  // recv().
  ssize_t ReceiveStream(int fd);
  std::string_view received(size_t n) const { return {memory_, n}; }

  // Bytes of it that are in physical memory now. Asks the kernel: not for the data path.
  size_t ResidentBytes() const;

 private:
  void GiveBack();

  char* const memory_;
  std::array<mmsghdr, kSlots> headers_{};
  std::array<iovec, kSlots> vectors_{};
  Timer give_back_;
};

}  // namespace weir
