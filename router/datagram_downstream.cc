#include "router/datagram_downstream.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

// Of the kernel; newer ones take 128.
constexpr size_t kMaxSegments = 64;
// A peer that talks back, or a flood of errors, must not keep the loop busy.
constexpr int kReadsPerTurn = 1024;

bool IsGroupRefusal(int error) {
  return error == EINVAL || error == EIO || error == EMSGSIZE || error == EOPNOTSUPP ||
         error == ENOPROTOOPT;
}

bool IsOfThePast(DropReason reason) {
  return reason == DropReason::kRefused || reason == DropReason::kUnreachable;
}

}  // namespace

DatagramDownstream::DatagramDownstream(EventLoop& loop, const DownstreamSpec& spec, size_t mtu,
                                       DownstreamEvents events)
    : loop_(loop),
      is_udp_(spec.transport == Transport::kUdp),
      mtu_(mtu),
      events_(std::move(events)),
      endpoint_(spec.endpoint) {
  WEIR_CHECK(spec.transport == Transport::kUdp || spec.transport == Transport::kUnixgram);
  for (size_t i = 0; i < kMessages; ++i) {
    headers_[i].msg_hdr.msg_iov = &messages_[i].bytes;
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

int DatagramDownstream::Open() {
  if (!endpoint_.known()) return EDESTADDRREQ;
  ScopedFd fd(socket(endpoint_.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return errno;
  if (is_udp_) {
    const int on = 1;
    const bool v6 = endpoint_.family() == AF_INET6;
    setsockopt(fd.get(), v6 ? int{IPPROTO_IPV6} : int{IPPROTO_IP}, v6 ? IPV6_RECVERR : IP_RECVERR,
               &on, sizeof(on));
    const int no_segments = 0;
    groups_ =
        setsockopt(fd.get(), IPPROTO_UDP, UDP_SEGMENT, &no_segments, sizeof(no_segments)) == 0;
  }
  if (connect(fd.get(), endpoint_.data(), endpoint_.size()) != 0) return errno;
  fd_ = std::move(fd);
  watcher_ = std::make_unique<FdWatcher>(loop_, fd_.get(), true, false, [this] { OnReady(); });
  return 0;
}

void DatagramDownstream::Close() {
  watcher_.reset();
  fd_ = ScopedFd();
  full_ = false;
}

void DatagramDownstream::SetEndpoint(const Endpoint& endpoint) {
  if (endpoint == endpoint_) return;
  endpoint_ = endpoint;
  if (fd_.valid()) ReadReturned();
  Close();
}

size_t DatagramDownstream::Send(std::span<const Packet> packets) {
  size_t done = 0;
  tried_again_ = false;
  while (done < packets.size()) {
    if (full_) return done;
    const int open_error = fd_.valid() ? 0 : Open();
    if (open_error != 0) {
      const DropReason reason = DropReasonOf(open_error);
      for (const Packet& packet : packets.subspan(done)) counters_.Drop(reason, AmountOf(packet));
      OnRefused(reason);
      return packets.size();
    }
    const size_t built = Build(packets.subspan(done));
    const int sent = sendmmsg(fd_.get(), headers_.data(), built, MSG_DONTWAIT | MSG_NOSIGNAL);
    const int error = errno;
    size_t finished = 0;
    if (sent > 0) {
      finished = static_cast<size_t>(sent);
      CountSent(finished);
      tried_again_ = false;
      // Cut short by an error that sendmmsg keeps to itself: most likely of one of these.
      if (finished < built) ReadReturned();
    } else if (const Step step = OnSendError(error); step == Step::kSkip) {
      counters_.Drop(DropReasonOf(error), messages_[0].amount);
      finished = 1;
      tried_again_ = false;
    } else if (step == Step::kWait) {
      return done;
    }
    for (size_t i = 0; i < finished; ++i) done += messages_[i].amount.packets;
  }
  return done;
}

size_t DatagramDownstream::Build(std::span<const Packet> packets) {
  size_t built = 0;
  for (size_t at = 0; at < packets.size() && built < kMessages; ++built) {
    Message& message = messages_[built];
    msghdr& header = headers_[built].msg_hdr;
    const size_t count = GroupSize(packets.subspan(at));
    message.amount = {};
    for (size_t i = 0; i < count; ++i) message.amount += AmountOf(packets[at + i]);
    message.bytes = {const_cast<char*>(packets[at].data), message.amount.bytes};
    header.msg_control = nullptr;
    header.msg_controllen = 0;
    if (count > 1) {
      header.msg_control = message.control.data();
      header.msg_controllen = message.control.size();
      cmsghdr* const control = CMSG_FIRSTHDR(&header);
      control->cmsg_level = IPPROTO_UDP;
      control->cmsg_type = UDP_SEGMENT;
      control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const auto segment = static_cast<uint16_t>(packets[at].size);
      std::memcpy(CMSG_DATA(control), &segment, sizeof(segment));
    }
    at += count;
  }
  return built;
}

size_t DatagramDownstream::GroupSize(std::span<const Packet> packets) const {
  const uint32_t segment = packets[0].size;
  if (!groups_ || segment > mtu_) return 1;
  size_t bytes = segment;
  size_t count = 1;
  for (; count < std::min(packets.size(), kMaxSegments); ++count) {
    const Packet& before = packets[count - 1];
    const Packet& packet = packets[count];
    if (before.size < segment || packet.size > segment || packet.data != before.data + before.size)
      break;
    bytes += packet.size;
    if (bytes > kMaxDatagramBytes) break;
  }
  return count;
}

void DatagramDownstream::CountSent(size_t messages) {
  for (size_t i = 0; i < messages; ++i) {
    const Message& message = messages_[i];
    counters_.sent += message.amount;
    if (is_udp_) log_.Add(static_cast<const char*>(message.bytes.iov_base), message.amount);
  }
}

DatagramDownstream::Step DatagramDownstream::OnSendError(int error) {
  if (error == EINTR) return Step::kAgain;
  if (error == EAGAIN) {
    WaitUntilWritable(true);
    return Step::kWait;
  }
  if (messages_[0].amount.packets > 1 && IsGroupRefusal(error)) {
    groups_ = false;
    return Step::kAgain;
  }
  const DropReason reason = DropReasonOf(error);
  if (!is_udp_) {
    if (reason != DropReason::kTooLong && reason != DropReason::kWouldBlock) {
      Close();
      // A receiver that was restarted has a new socket there.
      if (!tried_again_) {
        tried_again_ = true;
        return Step::kAgain;
      }
    }
    OnRefused(reason);
    return Step::kSkip;
  }
  if (IsOfThePast(reason) && !tried_again_) {
    tried_again_ = true;
    ReadReturned();
    return Step::kAgain;
  }
  if (reason == DropReason::kOther) Close();
  return Step::kSkip;
}

void DatagramDownstream::OnReady() {
  if (is_udp_) ReadReturned();
  char discarded[1];
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (recv(fd_.get(), discarded, sizeof(discarded), MSG_DONTWAIT) < 0) break;
  }
  if (full_) {
    WaitUntilWritable(false);
    events_.on_writable();
  }
}

void DatagramDownstream::ReadReturned() {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!ReadOneReturned()) return;
  }
}

bool DatagramDownstream::ReadOneReturned() {
  std::array<char, SentLog::kQuoted> quote;
  alignas(cmsghdr) std::array<char, 256> control;
  iovec bytes{quote.data(), quote.size()};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t size = recvmsg(fd_.get(), &header, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (size < 0) return false;
  for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    const bool is_error = (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_RECVERR) ||
                          (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_RECVERR);
    if (!is_error) continue;
    sock_extended_err what;
    std::memcpy(&what, CMSG_DATA(one), sizeof(what));
    // Local ones were told by sendmmsg, which had not sent.
    if (what.ee_origin == SO_EE_ORIGIN_LOCAL) continue;
    const DropReason reason = DropReasonOf(static_cast<int>(what.ee_errno));
    if (const auto amount = log_.Take({quote.data(), static_cast<size_t>(size)})) {
      counters_.returned += *amount;
      counters_.Drop(reason, *amount);
    }
    OnRefused(reason);
  }
  return true;
}

void DatagramDownstream::OnRefused(DropReason reason) {
  if (reason == DropReason::kRefused) events_.on_refused();
}

void DatagramDownstream::WaitUntilWritable(bool wait) {
  full_ = wait;
  watcher_->Modify(true, wait);
}

}  // namespace weir
