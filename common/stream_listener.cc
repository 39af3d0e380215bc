#include "common/stream_listener.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "common/source_list.h"
#include "common/takeover_link.h"
#include "common/tls_stream.h"

namespace weir {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int kReadsPerTurn = 4;
// 8 MiB: more than the kernel holds for one connection (net.ipv4.tcp_rmem, 6 MiB at the most).
constexpr int kReadsPerDrain = 128;
// A read of TLS takes a record, which may hold no more than a line, or nothing: as many bytes as
// above of records that are full, and of others enough to empty what the kernel holds.
constexpr int kRecordsPerTurn = 16;
constexpr int kRecordsPerDrain = 1 << 17;
constexpr std::chrono::milliseconds kLookForLate(100);
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

// Of a connection that another process has accepted. One that was reset meanwhile has no address
// any more, though perhaps still lines: it is of nobody that is allowed.
bool ComesFrom(const SourceList& sources, int fd) {
  sockaddr_in6 source{};
  socklen_t size = sizeof(source);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&source), &size) == 0 &&
         sources.Contains(source);
}

}  // namespace

struct StreamListener::Connection {
  Connection(StreamListener& listener, ScopedFd accepted)
      : fd(std::move(accepted)),
        index(listener.connections_.size()),
        decoder(listener.transport(), listener.sink_, listener.counters_),
        ready(listener.loop_, fd.get(), true, false,
              [&listener, this] { listener.OnReady(*this); }) {}
  Connection(StreamListener& listener, OpenStream stream)
      : fd(std::move(stream.fd)),
        index(listener.connections_.size()),
        decoder(listener.transport(), listener.sink_, listener.counters_, std::move(stream.state)),
        ready(listener.loop_, fd.get(), true, false,
              [&listener, this] { listener.OnReady(*this); }) {}

  // Whatever TLS waits for.
  void WatchAgain() {
    if (tls->wants_write() == watches_write) return;
    watches_write = tls->wants_write();
    ready.Modify(!watches_write, watches_write);
  }

  ScopedFd fd;
  size_t index;  // in connections_
  StreamDecoder decoder;
  std::unique_ptr<TlsStream> tls;  // null: plain text
  bool watches_write = false;      // and not reads
  // Of a handshake under way: its place in shaking_, and when it began.
  std::optional<std::list<Connection*>::iterator> shaking;
  int64_t since = 0;
  FdWatcher ready;
};

StreamListener::StreamListener(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket,
                               LineSink& sink)
    : Listener(std::move(socket)),
      loop_(loop),
      slots_(slots),
      sink_(Gated(sink)),
      acceptable_(loop, fd(), true, false, [this] { Accept(kAcceptsPerTurn); }),
      pause_(loop, kAcceptPause, std::chrono::seconds(0), [this] { acceptable_.Start(); }),
      late_(loop, kLookForLate, kLookForLate, [this] { GiveUpLate(); }) {
  pause_.Stop();
  late_.Stop();
  if (admission().tls != nullptr) tls_.emplace(*admission().tls);
  for (OpenStream& stream : TakeStreams()) {
    if (tls_) continue;  // plain text, which the predecessor still let in
    if (admission().sources != nullptr && !ComesFrom(*admission().sources, stream.fd.get())) {
      counters_.Reject(Rejection::kSource);
      continue;
    }
    ++counters_.open_connections;
    connections_.push_back(std::make_unique<Connection>(*this, std::move(stream)));
  }
}

StreamListener::~StreamListener() = default;

void StreamListener::Pause() {
  acceptable_.Stop();
  pause_.Stop();
  late_.Stop();
  for (const auto& connection : connections_) connection->ready.Stop();
}

void StreamListener::Resume() {
  acceptable_.Start();
  if (!shaking_.empty()) late_.Start();
  for (const auto& connection : connections_) connection->ready.Start();
}

bool StreamListener::Share(const TakeoverLink& link) const {
  return Listener::Share(link) && std::ranges::all_of(connections_, [&](const auto& connection) {
           // The keys of a session are not to be had.
           if (tls_) return true;
           return link.SendStream(connection->fd.get(), connection->decoder.state());
         });
}

void StreamListener::Leave() {
  if (tls_) {
    DrainConnections();
  } else {
    for (const auto& connection : connections_) connection->decoder.Leave();
    connections_.clear();
    counters_.open_connections = 0;
  }
  Listener::Leave();
}

void StreamListener::Drain() {
  if (left()) return;
  Accept(kListenBacklog);
  acceptable_.Stop();
  pause_.Stop();
  DrainConnections();
}

void StreamListener::DrainConnections() {
  while (!shaking_.empty()) Close(*shaking_.front());
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
    Add(accepted);
  }
}

void StreamListener::Add(int accepted) {
  connections_.push_back(std::make_unique<Connection>(*this, ScopedFd(accepted)));
  if (!tls_) {
    ++counters_.connections;
    ++counters_.open_connections;
    return;
  }
  Connection& connection = *connections_.back();
  connection.tls = std::make_unique<TlsStream>(tls_->Get(), accepted);
  connection.since = loop_.NowNanos();
  connection.shaking = shaking_.insert(shaking_.end(), &connection);
  if (!late_.active()) late_.Start();
  if (shaking_.size() > kMostShaking) GiveUp(*shaking_.front(), Rejection::kHandshakeTimeout);
}

void StreamListener::OnReady(Connection& connection) {
  if (connection.shaking) {
    if (HasShakingTime()) Shake(connection);
  } else {
    Read(connection, Until::kTurnOver);
  }
}

bool StreamListener::HasShakingTime() {
  const int64_t turn = loop_.NowNanos();
  if (turn != std::exchange(shaking_turn_, turn)) shaking_spent_ = {};
  return shaking_spent_ < kShakingSlice;
}

void StreamListener::Shake(Connection& connection) {
  const auto begin = std::chrono::steady_clock::now();
  const TlsStream::Handshake state = connection.tls->Shake();
  shaking_spent_ += std::chrono::steady_clock::now() - begin;
  if (state == TlsStream::Handshake::kFailed) return GiveUp(connection, connection.tls->failure());
  connection.WatchAgain();
  if (state == TlsStream::Handshake::kWaits) return;
  shaking_.erase(*std::exchange(connection.shaking, std::nullopt));
  if (shaking_.empty()) late_.Stop();
  ++counters_.connections;
  ++counters_.open_connections;
}

void StreamListener::GiveUp(Connection& connection, Rejection reason) {
  counters_.Reject(reason);
  Close(connection);
}

void StreamListener::GiveUpLate() {
  const int64_t begun =
      loop_.NowNanos() - std::chrono::nanoseconds(admission().handshake_timeout).count();
  while (!shaking_.empty() && shaking_.front()->since <= begun) {
    GiveUp(*shaking_.front(), Rejection::kHandshakeTimeout);
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
  const bool empties = until == Until::kEmpty;
  const int max_reads = connection.tls != nullptr ? (empties ? kRecordsPerDrain : kRecordsPerTurn)
                                                  : (empties ? kReadsPerDrain : kReadsPerTurn);
  bool alive = true;
  bool more = true;
  for (int i = 0; i < max_reads && alive && more; ++i) {
    alive = ReadOnce(connection, until, more);
  }
  if (alive && connection.tls != nullptr) connection.WatchAgain();
  if (!alive) Close(connection);
  if (counters_.bytes != bytes_before || !alive) sink_.OnBatchEnd();
}

bool StreamListener::ReadOnce(Connection& connection, Until until, bool& more) {
  TlsStream* const tls = connection.tls.get();
  const ssize_t size =
      tls == nullptr ? slots_.ReceiveStream(connection.fd.get()) : slots_.ReceiveStream(*tls);
  if (size > 0) {
    counters_.bytes += size;
    // A short read leaves the socket empty; only a drain must know whether the stream ended there.
    more = until == Until::kEmpty || tls != nullptr ||
           static_cast<size_t>(size) == ReceiveSlots::kSlotBytes;
    return connection.decoder.Feed(slots_.received(size));
  }
  if (size == 0) {
    connection.decoder.End();
    return false;
  }
  if (errno == EINTR) return true;
  more = false;
  if (errno == EAGAIN) return true;
  // Many clients just close. The line whose end is missing is not taken: it may have been cut.
  if (tls != nullptr && errno == ECONNABORTED) return false;
  ++counters_.connection_errors;
  return false;
}

void StreamListener::Close(Connection& connection) {
  const size_t index = connection.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->index = index;
  const std::unique_ptr<Connection> closed = std::move(connections_.back());
  connections_.pop_back();
  if (!closed->shaking) {
    --counters_.open_connections;
    return;
  }
  shaking_.erase(*closed->shaking);
  if (shaking_.empty()) late_.Stop();
}

}  // namespace weir
