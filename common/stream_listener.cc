#include "common/stream_listener.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "common/source_list.h"

namespace weir {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int kReadsPerTurn = 4;
// 8 MiB: more than the kernel holds for one connection (net.ipv4.tcp_rmem, 6 MiB at the most).
constexpr int kReadsPerDrain = 128;
constexpr std::chrono::milliseconds kAcceptPause(100);
// Pages, the admin port and mapping files need some when clients hold all others.
constexpr rlim_t kSpareDescriptors = 64;

int FirstSpareDescriptor() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  const rlim_t spare = std::min(kSpareDescriptors, limit.rlim_cur / 4);
  return static_cast<int>(
      std::min<rlim_t>(limit.rlim_cur - spare, std::numeric_limits<int>::max()));
}

// Free again when it returns, so that the connection that is accepted next takes it: held
// meanwhile, it would stay a hole that lets one more connection in each time. Less than 0, and
// errno: none.
int LowestFreeDescriptor(int any) { return ScopedFd(dup(any)).get(); }

}  // namespace

struct StreamListener::Connection {
  Connection(StreamListener& listener, int accepted, size_t place)
      : fd(accepted),
        index(place),
        decoder(listener.transport(), listener.sink_, listener.counters_),
        readable(listener.loop_, accepted, true, false,
                 [&listener, this] { listener.Read(*this, Until::kTurnOver); }) {}

  ScopedFd fd;
  size_t index;  // in connections_
  StreamDecoder decoder;
  FdWatcher readable;
};

StreamListener::StreamListener(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket,
                               LineSink& sink)
    : Listener(std::move(socket)),
      loop_(loop),
      slots_(slots),
      sink_(Gated(sink)),
      acceptable_(loop, fd(), true, false, [this] { Accept(kAcceptsPerTurn); }),
      pause_(loop, kAcceptPause, std::chrono::seconds(0), [this] { acceptable_.Start(); }) {
  pause_.Stop();
}

StreamListener::~StreamListener() = default;

void StreamListener::Drain() {
  Accept(kListenBacklog);
  acceptable_.Stop();
  pause_.Stop();
  while (!connections_.empty()) {
    const size_t before = connections_.size();
    Read(*connections_.back(), Until::kEmpty);
    if (connections_.size() == before) Close(*connections_.back());
  }
}

void StreamListener::Accept(int max_connections) {
  const int spare_from = FirstSpareDescriptor();
  for (int i = 0; i < max_connections; ++i) {
    const int next = LowestFreeDescriptor(fd());
    if (next < 0) return OnAcceptError(errno);
    if (next >= spare_from) return OnAcceptError(EMFILE);
    sockaddr_in6 source{};
    socklen_t size = sizeof(source);
    const SourceList* const sources = admission().sources.get();
    const int accepted = accept4(fd(), sources ? reinterpret_cast<sockaddr*>(&source) : nullptr,
                                 sources ? &size : nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) OnAcceptError(errno);
      return;
    }
    if (sources != nullptr && !sources->Contains(source)) {
      counters_.Reject(Rejection::kSource);
      const ScopedFd closed(accepted);
      continue;
    }
    ++counters_.connections;
    ++counters_.open_connections;
    connections_.push_back(std::make_unique<Connection>(*this, accepted, connections_.size()));
  }
}

void StreamListener::OnAcceptError(int error) {
  ++counters_.accept_errors;
  acceptable_.Stop();
  if (error == EBADF || error == ENOTSOCK || error == EINVAL) {
    open_ = false;
  } else {
    pause_.Start();
  }
}

void StreamListener::Read(Connection& connection, Until until) {
  const uint64_t bytes_before = counters_.bytes;
  const int max_reads = until == Until::kEmpty ? kReadsPerDrain : kReadsPerTurn;
  bool alive = true;
  bool more = true;
  for (int i = 0; i < max_reads && alive && more; ++i) {
    alive = ReadOnce(connection, until, more);
  }
  if (!alive) Close(connection);
  if (counters_.bytes != bytes_before || !alive) sink_.OnBatchEnd();
}

bool StreamListener::ReadOnce(Connection& connection, Until until, bool& more) {
  const ssize_t size = slots_.ReceiveStream(connection.fd.get());
  if (size > 0) {
    counters_.bytes += size;
    // A short read leaves the socket empty; only a drain must know whether the stream ended there.
    more = until == Until::kEmpty || static_cast<size_t>(size) == ReceiveSlots::kSlotBytes;
    return connection.decoder.Feed(slots_.received(size));
  }
  if (size == 0) {
    connection.decoder.End();
    return false;
  }
  if (errno == EINTR) return true;
  more = false;
  if (errno == EAGAIN) return true;
  ++counters_.connection_errors;
  return false;
}

void StreamListener::Close(Connection& connection) {
  const size_t index = connection.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
  --counters_.open_connections;
}

}  // namespace weir
