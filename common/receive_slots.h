// ReceiveSlots: the memory that one loop's listeners receive into, one after the other.
//
// 64 slots of 64 KiB for recvmmsg, or one buffer of 64 KiB for a stream. The address space is
// reserved, but pages come only as datagrams touch them (a page or two per small datagram) and are
// given back a second later, so an idle loop holds none and a burst of big datagrams leaves nothing
// behind; under load that costs at most a thousand page faults a second (about 0.5 ms).
//
// Datagrams that come one by one cost a wakeup and two system calls each, which is most of what
// they cost: waiting a moment before they are taken more than halves it (LetFill).
//
// Thread safety: the loop's thread. The loop outlives it.
// Tested by tests/unit/common/receive_slots_test.cc.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/event_loop.h"

namespace weir {

class TlsStream;

class ReceiveSlots {
 public:
  static constexpr int kSlots = 64;
  static constexpr size_t kSlotBytes = 65'536;  // a UDP datagram has at most 65,527

  explicit ReceiveSlots(EventLoop& loop);
  ~ReceiveSlots();
  ReceiveSlots(const ReceiveSlots&) = delete;
  ReceiveSlots& operator=(const ReceiveSlots&) = delete;

  // To be called when datagrams wait, before the first is taken in a turn. Waits until, at the rate
  // of late, kFillTo of them wait, but no longer than `most` or until a task is posted. Does not
  // wait when fewer than one more would come meanwhile, so that a lone datagram is taken at once,
  // nor when they come so fast that they wait in batches anyway. The kernel adds some 50 us.
  void LetFill(std::chrono::nanoseconds most);
  static constexpr int kFillTo = 48;
  // How often it waited.
  uint64_t fills() const { return fills_; }

  // Takes up to kSlots waiting datagrams without blocking. Returns how many, or -1 with errno set.
  int ReceiveDatagrams(int fd);
  // As ReceiveDatagrams of an IP socket, and asks the kernel where each came from.
  int ReceiveDatagramsFrom(int fd);
  // REQUIRES: i is less than what the last ReceiveDatagramsFrom() returned. An IPv4 source is a
  // sockaddr_in, as its family says.
  const sockaddr_in6& source(int i) const { return (*sources_)[i]; }
  // REQUIRES: i is less than what the last ReceiveDatagrams...() returned.
  std::string_view datagram(int i) const {
    return {static_cast<const char*>(vectors_[i].iov_base), headers_[i].msg_len};
  }
  bool truncated(int i) const { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }

  // Takes up to kSlotBytes of a stream without blocking; what came is received(n). Returns as
  // recv().
  ssize_t ReceiveStream(int fd);
  // As the other, of the stream within TLS: a record at a time, and as TlsStream::Read returns.
  ssize_t ReceiveStream(TlsStream& stream);
  std::string_view received(size_t n) const { return {memory_, n}; }

  // Bytes of it that are in physical memory now. Asks the kernel: not for the data path.
  size_t ResidentBytes() const;

 private:
  void GiveBack();

  EventLoop& loop_;
  char* const memory_;
  std::array<mmsghdr, kSlots> headers_{};
  std::array<iovec, kSlots> vectors_{};
  std::unique_ptr<std::array<sockaddr_in6, kSlots>> sources_;  // null: nobody has asked yet
  Timer give_back_;
  int64_t last_turn_ = 0;    // in which LetFill was called, by the loop's clock
  int64_t taken_since_ = 0;  // datagrams, in it
  uint64_t fills_ = 0;
};

}  // namespace weir
