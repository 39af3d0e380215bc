#include "router/tcp_downstream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/topology/tcp_connect.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstBackoff(100);
constexpr seconds kLongestBackoff(10);
constexpr seconds kConnectTimeout(5);
constexpr int kLooksBeforeGone = 10;
constexpr int kReadsPerTurn = 16;

}  // namespace

TcpDownstream::TcpDownstream(EventLoop& loop, const DownstreamSpec& spec, DownstreamEvents events,
                             milliseconds silence)
    : loop_(loop),
      silence_(silence),
      queue_bytes_(spec.queue_bytes),
      events_(std::move(events)),
      endpoint_(spec.endpoint),
      backoff_(kFirstBackoff),
      random_(std::random_device()()),
      timeout_(loop, kConnectTimeout, seconds(0), [this] { Break(ETIMEDOUT); }),
      look_(loop, silence / kLooksBeforeGone, silence / kLooksBeforeGone, [this] { Look(); }) {
  timeout_.Stop();
  look_.Stop();
  Connect();
}

size_t TcpDownstream::Send(std::span<const Packet> packets) {
  for (const Packet& packet : packets) {
    if (packet.size > room()) {
      counters_.Drop(DropReason::kQueueFull, AmountOf(packet));
    } else {
      queue_.Push(packet);
    }
  }
  if (state_ == State::kConnected && !full_) Write();
  return packets.size();
}

void TcpDownstream::SetEndpoint(const Endpoint& endpoint) {
  if (endpoint == endpoint_) return;
  endpoint_ = endpoint;
  if (state_ != State::kApart) Break(0);
  TryNow();
}

void TcpDownstream::TryNow() {
  if (state_ != State::kApart) return;
  backoff_ = kFirstBackoff;
  retry_.reset();
  Connect();
}

void TcpDownstream::GiveUp() {
  if (state_ == State::kConnected) Break(0);
  counters_.Drop(DropReason::kDown, queue_.Clear());
}

void TcpDownstream::Connect() {
  const int error = BeginConnect(endpoint_, &fd_);
  if (error != 0) {
    Break(error);
    return;
  }
  state_ = State::kConnecting;
  watcher_ = std::make_unique<FdWatcher>(loop_, fd_.get(), false, true, [this] { OnReady(); });
  timeout_.Start();
}

void TcpDownstream::OnReady() {
  if (state_ == State::kConnecting) {
    const int error = ConnectOutcome(fd_.get());
    if (error != 0) {
      Break(error);
    } else {
      OnConnected();
    }
    return;
  }
  DiscardInput();
  if (state_ != State::kConnected || !full_) return;
  full_ = false;
  watcher_->Modify(true, false);
  Write();
}

void TcpDownstream::OnConnected() {
  const int on = 1;
  setsockopt(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  timeout_.Stop();
  silent_looks_ = 0;
  look_.Start();
  state_ = State::kConnected;
  connected_since_ = loop_.NowNanos();
  ++counters_.connects;
  watcher_->Modify(true, false);
  Write();
}

// TCP_USER_TIMEOUT would also end a connection whose peer is well but does not read: one that says
// again and again that it has no room. Between such answers the kernel asks ever more seldom, so
// the time since the last one tells something only while a question was open all along; counting
// looks also keeps a standstill of our own from counting as the peer's.
void TcpDownstream::Look() {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return;
  const bool awaits_answer = info.tcpi_unacked > 0 || info.tcpi_probes > 0;
  silent_looks_ = awaits_answer ? silent_looks_ + 1 : 0;
  if (silent_looks_ < kLooksBeforeGone) return;
  if (milliseconds(info.tcpi_last_ack_recv) >= silence_) Break(ETIMEDOUT);
}

void TcpDownstream::DiscardInput() {
  char discarded[4096];
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t size = recv(fd_.get(), discarded, sizeof(discarded), MSG_DONTWAIT);
    if (size > 0 || (size < 0 && errno == EINTR)) continue;
    if (size < 0 && errno == EAGAIN) return;
    Break(size == 0 ? ECONNRESET : errno);
    return;
  }
}

void TcpDownstream::Write() {
  while (!queue_.empty()) {
    const std::string_view bytes = queue_.bytes();
    const ssize_t size = send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      counters_.sent += queue_.Advance(static_cast<size_t>(size));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      full_ = true;
      watcher_->Modify(true, true);
    } else {
      Break(errno);
    }
    return;
  }
}

void TcpDownstream::Break(int error) {
  if (state_ == State::kConnected) {
    const PacketQueue::Break broken = queue_.OnBreak();
    counters_.sent += broken.sent;
    counters_.Drop(DropReason::kCut, broken.cut);
    if (loop_.NowNanos() - connected_since_ >= kNanosPerSecond) backoff_ = kFirstBackoff;
  } else {
    ++counters_.connect_failures;
  }
  state_ = State::kApart;
  full_ = false;
  timeout_.Stop();
  look_.Stop();
  watcher_.reset();
  fd_ = ScopedFd();
  TryLater();
  if (DropReasonOf(error) == DropReason::kRefused) events_.on_refused();
}

void TcpDownstream::TryLater() {
  std::uniform_int_distribution<int64_t> part(backoff_.count() / 2, backoff_.count());
  retry_.emplace(loop_, std::chrono::nanoseconds(part(random_)), seconds(0), [this] { Connect(); });
  backoff_ = std::min<std::chrono::nanoseconds>(backoff_ * 2, kLongestBackoff);
}

}  // namespace weir
