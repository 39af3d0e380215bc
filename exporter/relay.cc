#include "exporter/relay.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace weir {
namespace {

using std::chrono::seconds;

constexpr seconds kMostWait(1);
// A dead target fails once a packet; the log tells of it this often.
constexpr seconds kLogEvery(10);

size_t Clamp(size_t packet_length) {
  if (packet_length == 0) return Relay::kMostPacketLength;
  return std::min(packet_length, Relay::kMostPacketLength);
}

RelayDrop DropOf(int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
      return RelayDrop::kWouldBlock;
    case ECONNREFUSED:
      return RelayDrop::kRefused;
    default:
      return RelayDrop::kOther;
  }
}

}  // namespace

Relay::Relay(EventLoop& loop, const SocketAddress& target, std::string target_name,
             size_t packet_length)
    : loop_(loop),
      target_(target),
      target_name_(std::move(target_name)),
      packet_length_(Clamp(packet_length)),
      packet_(std::make_unique_for_overwrite<char[]>(packet_length_)),
      drop_log_(LogLevel::kWarn, "A packet was not relayed", 1, kLogEvery),
      long_line_log_(LogLevel::kWarn, "A line is too long to be relayed", 1, kLogEvery),
      tick_(loop, kMostWait, kMostWait, [this] { Tick(); }) {}

void Relay::RefuseLong(std::string_view line) {
  ++counters_.long_lines;
  long_line_log_.Log(
      loop_.NowNanos(),
      {{"target", target_name_}, {"length", line.size()}, {"packet_length", packet_length_}});
}

void Relay::Tick() {
  Flush();
  drop_log_.ReportSkipped(loop_.NowNanos());
  long_line_log_.ReportSkipped(loop_.NowNanos());
}

void Relay::Flush() {
  if (used_ == 0) return;
  ++counters_.packets;
  int error = fd_.valid() ? 0 : Open();
  if (error == 0) error = Send();
  if (error == ECONNREFUSED) {
    // The answer to an earlier packet, told instead of sending this one.
    if (last_packet_lines_ > 0) CountDropped(ECONNREFUSED, last_packet_lines_);
    last_packet_lines_ = 0;
    error = Send();
  }
  if (error == 0) {
    last_packet_lines_ = packet_lines_;
  } else {
    CountDropped(error, packet_lines_);
    if (DropOf(error) == RelayDrop::kOther) fd_ = ScopedFd();
  }
  used_ = 0;
  packet_lines_ = 0;
}

int Relay::Open() {
  last_packet_lines_ = 0;
  ScopedFd fd(socket(target_.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid() || connect(fd.get(), target_.data(), target_.size()) != 0) return errno;
  fd_ = std::move(fd);
  return 0;
}

int Relay::Send() const {
  return send(fd_.get(), packet_.get(), used_, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

void Relay::CountDropped(int error, uint64_t lines) {
  const RelayDrop drop = DropOf(error);
  ++counters_.dropped_packets[static_cast<size_t>(drop)];
  counters_.dropped_lines[static_cast<size_t>(drop)] += lines;
  drop_log_.Log(loop_.NowNanos(), {{"target", target_name_},
                                   {"reason", Name(drop)},
                                   {"error", std::strerror(error)},
                                   {"lines", lines}});
}

}  // namespace weir
