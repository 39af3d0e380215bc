// DatagramDownstream: UDP or unixgram, many packets per system call.
//
// The socket is connected and asks for the network's errors (IP_RECVERR), so that it is told of
// every datagram that nobody wanted, with its beginning: those lines are counted as returned and
// dropped. Packets of equal size that follow each other, and a shorter one after them, go as one
// UDP GSO message, which passes through the network stack once; where the kernel or the route does
// not take such, they go singly.
//
// A socket that is full takes no more until it is writable; a unix socket whose receiver is gone
// is connected anew at once, in case another one is there, and otherwise with the next packets.
// Thread safety and lifetimes: see router/downstream.h.
// Tested by tests/unit/router/datagram_downstream_test.cc.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>

#include "common/scoped_fd.h"
#include "router/downstream.h"
#include "router/packer.h"
#include "router/sent_log.h"

namespace weir {

class DatagramDownstream final : public Downstream {
 public:
  // REQUIRES: the transport is kUdp or kUnixgram.
  DatagramDownstream(EventLoop& loop, const DownstreamSpec& spec, size_t mtu,
                     DownstreamEvents events);

  size_t Send(std::span<const Packet> packets) override;
  void SetEndpoint(const Endpoint& endpoint) override;
  void SetMtu(size_t mtu) override { mtu_ = mtu; }
  Amount waiting() const override { return {}; }
  void GiveUp() override {}

  // Whether packets may go as one message; for tests and the curious.
  bool groups() const { return groups_; }

 private:
  static constexpr size_t kMessages = Packer::kMaxPackets;

  struct Message {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(uint16_t))> control;
    iovec bytes;
    Amount amount;
  };

  int Open();
  void Close();
  size_t Build(std::span<const Packet> packets);
  // How many of `packets` the message is to carry.
  size_t GroupSize(std::span<const Packet> packets) const;
  void CountSent(size_t messages);
  // What to do about the first message after an error.
  enum class Step : uint8_t { kAgain, kSkip, kWait };
  Step OnSendError(int error);
  void OnReady();
  void ReadReturned();
  bool ReadOneReturned();
  void OnRefused(DropReason reason);
  void WaitUntilWritable(bool wait);

  EventLoop& loop_;
  const bool is_udp_;
  size_t mtu_;
  const DownstreamEvents events_;
  Endpoint endpoint_;
  ScopedFd fd_;
  std::unique_ptr<FdWatcher> watcher_;  // goes before fd_
  bool groups_ = false;
  bool full_ = false;         // until the socket is writable
  bool tried_again_ = false;  // the first message, after an error that may be of the past
  std::array<Message, kMessages> messages_;
  std::array<mmsghdr, kMessages> headers_{};
  SentLog log_;
};

}  // namespace weir
