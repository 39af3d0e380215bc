#include "common/topology/probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "common/check.h"
#include "common/topology/tcp_connect.h"

namespace weir {
namespace {

constexpr std::chrono::nanoseconds kOnce(0);

ProbeResult ResultOf(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ProbeResult::kRefused;
    case ETIMEDOUT:
      return ProbeResult::kTimeout;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:  // no port of ours is free
      return ProbeResult::kNone;
    case ECONNRESET:
    case EPIPE:
      return ProbeResult::kReset;
    default:
      return ProbeResult::kUnreachable;
  }
}

std::string RequestOf(const ProbeSpec& spec) {
  if (spec.kind == HealthKind::kStatsd) return "health\n";
  return "GET " + spec.path + " HTTP/1.1\r\nHost: " + spec.host +
         "\r\nUser-Agent: weir\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

}  // namespace

Probe::Probe(EventLoop& loop, const ProbeSpec& spec, std::chrono::nanoseconds timeout,
             std::function<void(ProbeResult)> done)
    : spec_(spec), done_(std::move(done)), answer_(spec.kind) {
  WEIR_CHECK(spec.kind != HealthKind::kNone);
  const int error = BeginConnect(spec.endpoint, &fd_);
  if (error != 0) {
    deadline_.emplace(loop, kOnce, kOnce, [this, error] { Finish(ResultOf(error)); });
    return;
  }
  watcher_ = std::make_unique<FdWatcher>(loop, fd_.get(), false, true, [this] { OnReady(); });
  deadline_.emplace(loop, timeout, kOnce, [this] { OnDeadline(); });
}

void Probe::OnReady() {
  if (connected_) {
    Read();
    return;
  }
  const int error = ConnectOutcome(fd_.get());
  if (error != 0) {
    Finish(ResultOf(error));
  } else {
    OnConnected();
  }
}

void Probe::OnConnected() {
  connected_ = true;
  if (spec_.kind == HealthKind::kTcp) {
    Finish(ProbeResult::kUp);
    return;
  }
  const std::string request = RequestOf(spec_);
  const ssize_t sent = send(fd_.get(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) {
    Finish(ProbeResult::kReset);
    return;
  }
  watcher_->Modify(true, false);
}

void Probe::Read() {
  char bytes[512];
  const ssize_t size = recv(fd_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
  if (size < 0) {
    if (errno != EAGAIN && errno != EINTR) Finish(ResultOf(errno));
    return;
  }
  if (size == 0) {
    Finish(Judge(ProbeResult::kClosed));
    return;
  }
  const auto meaning = answer_.Feed({bytes, static_cast<size_t>(size)});
  if (meaning == ProbeAnswer::Meaning::kUnclear) return;
  Finish(meaning == ProbeAnswer::Meaning::kUp ? ProbeResult::kUp : ProbeResult::kBadAnswer);
}

void Probe::OnDeadline() {
  // An answer that has come is not late because we are.
  if (connected_) {
    watcher_->Stop();
    char bytes[512];
    const ssize_t size = recv(fd_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (size > 0) answer_.Feed({bytes, static_cast<size_t>(size)});
  }
  Finish(Judge(ProbeResult::kTimeout));
}

ProbeResult Probe::Judge(ProbeResult silent) const {
  switch (answer_.End()) {
    case ProbeAnswer::Meaning::kUp:
      return ProbeResult::kUp;
    case ProbeAnswer::Meaning::kBad:
      return ProbeResult::kBadAnswer;
    case ProbeAnswer::Meaning::kUnclear:
      break;
  }
  return silent;
}

void Probe::Finish(ProbeResult result) {
  const auto done = std::move(done_);
  watcher_.reset();
  deadline_.reset();
  fd_ = ScopedFd();
  done(result);
}

}  // namespace weir
