#include "common/service_manager.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "common/scoped_fd.h"
#include "common/unix_address.h"

namespace weir {
namespace {

constexpr timeval kLongest{.tv_sec = 1, .tv_usec = 0};

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string() : value;
}

// Zero: nobody watches this process.
std::chrono::microseconds WatchdogTime() {
  const std::string pid = Environment("WATCHDOG_PID");
  if (!pid.empty() && pid != std::to_string(getpid())) return {};
  const std::string text = Environment("WATCHDOG_USEC");
  int64_t microseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), microseconds);
  return std::chrono::microseconds(microseconds);
}

}  // namespace

ServiceManager::ServiceManager(EventLoop& loop, std::function<bool()> healthy)
    : socket_(Environment("NOTIFY_SOCKET")), healthy_(std::move(healthy)) {
  const std::chrono::nanoseconds time = WatchdogTime();
  if (socket_.empty() || time.count() <= 0) return;
  watchdog_.emplace(loop, time / 2, time / 2, [this] {
    if (healthy_()) Tell("WATCHDOG=1");
  });
}

void ServiceManager::Reloading() const {
  // The time is for Type=notify-reload of systemd 253 and later.
  const int64_t microseconds = SteadyClock().NowNanos() / 1000;
  Tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::Tell(std::string_view state) const {
  if (socket_.empty()) return;
  const ScopedFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket_.size() > UnixAddress::kMaxPathBytes || !fd.valid()) return;
  // A busy manager gets what it waits for, a dead one does not keep us.
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kLongest, sizeof(kLongest));
  const UnixAddress address(socket_);
  if (sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, address.data(), address.size()) <
      0) {
    LogDebug("Could not tell the service manager",
             {{"socket", socket_}, {"state", state}, {"error", std::strerror(errno)}});
  }
}

}  // namespace weir
