#include "common/datagram_listener.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/source_list.h"

namespace weir {
namespace {

constexpr int kBatchesPerTurn = 8;
// 262,144 datagrams: three times what a 64 MiB receive buffer holds of the smallest ones.
constexpr int kBatchesPerDrain = 4096;
// An error that persists must not keep the loop busy.
constexpr std::chrono::milliseconds kErrorPause(10);

// How long datagrams may be left to gather: as a sender at full speed fills a receive buffer with
// about a byte a nanosecond (its own accounting included), the half of it holds what comes.
std::chrono::nanoseconds LongestFill(Transport transport, int receive_buffer) {
  // A unix socket's queue holds ten datagrams by default, and its senders wait for room.
  if (transport == Transport::kUnixgram) return std::chrono::nanoseconds(0);
  constexpr std::chrono::nanoseconds kMost = std::chrono::milliseconds(1);
  return std::min(kMost, std::chrono::nanoseconds(receive_buffer / 2));
}

}  // namespace

DatagramListener::DatagramListener(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket,
                                   LineSink& sink)
    : Listener(std::move(socket)),
      slots_(slots),
      sink_(Gated(sink)),
      longest_fill_(LongestFill(transport(), granted_read_buffer())),
      readable_(loop, fd(), true, false, [this] { OnReadable(); }),
      pause_(loop, kErrorPause, std::chrono::seconds(0), [this] { readable_.Start(); }) {
  pause_.Stop();
}

void DatagramListener::Drain() {
  if (left()) return;
  Receive(kBatchesPerDrain);
  Pause();
}

void DatagramListener::Pause() {
  readable_.Stop();
  pause_.Stop();
}

void DatagramListener::Leave() {
  KernelDrops();  // the last look
  Listener::Leave();
}

uint64_t DatagramListener::KernelDrops() const {
  uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof(memory);
  if (getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, memory, &size) == 0) {
    drops_ += static_cast<uint32_t>(memory[SK_MEMINFO_DROPS] - last_drops_);
    last_drops_ = memory[SK_MEMINFO_DROPS];
  }
  return drops_;
}

void DatagramListener::OnReadable() {
  if (longest_fill_.count() > 0) slots_.LetFill(longest_fill_);
  Receive(kBatchesPerTurn);
}

void DatagramListener::Receive(int max_batches) {
  for (int batch = 0; batch < max_batches; ++batch) {
    const bool ask = admission().sources != nullptr;
    const int count = ask ? slots_.ReceiveDatagramsFrom(fd()) : slots_.ReceiveDatagrams(fd());
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) OnError(errno);
      break;
    }
    ask ? DeliverAllowed(count) : Deliver(count);
    if (count < ReceiveSlots::kSlots) break;
  }
}

[[gnu::always_inline]] inline void DatagramListener::DeliverOne(int i) {
  std::string_view datagram = slots_.datagram(i);
  counters_.bytes += datagram.size();
  if (slots_.truncated(i)) [[unlikely]] {
    ++counters_.truncated;
    const size_t last = datagram.rfind('\n');
    if (last == datagram.npos) return;
    datagram = datagram.substr(0, last);
  }
  sink_.OnDatagram(datagram, transport());
}

void DatagramListener::Deliver(int count) {
  counters_.datagrams += count;
  for (int i = 0; i < count; ++i) DeliverOne(i);
  sink_.OnBatchEnd();
}

void DatagramListener::DeliverAllowed(int count) {
  for (int i = 0; i < count; ++i) {
    if (admission().sources->Contains(slots_.source(i))) {
      ++counters_.datagrams;
      DeliverOne(i);
    } else {
      counters_.Reject(Rejection::kSource);
    }
  }
  sink_.OnBatchEnd();
}

void DatagramListener::OnError(int error) {
  ++counters_.receive_errors;
  readable_.Stop();
  if (error == EBADF || error == ENOTSOCK) {
    open_ = false;
  } else {
    pause_.Start();
  }
}

}  // namespace weir
