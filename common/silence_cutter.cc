#include "common/silence_cutter.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "common/address.h"
#include "common/scoped_fd.h"
#include "common/wait_clock.h"

namespace weir {
namespace {

// All descriptors of this process at this moment.
std::vector<int> Descriptors() {
  std::vector<int> descriptors;
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return descriptors;
  while (const dirent* entry = readdir(directory)) {
    int fd = -1;
    const char* const name = entry->d_name;
    const auto [end, error] = std::from_chars(name, name + std::strlen(name), fd);
    if (error == std::errc() && fd != dirfd(directory)) descriptors.push_back(fd);
  }
  closedir(directory);
  return descriptors;
}

bool IsConnectionTo(uint16_t port, int fd) {
  int protocol = 0, listens = 0;
  socklen_t size = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) return false;
  if (protocol != IPPROTO_TCP) return false;
  size = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens != 0) return false;
  return SocketAddress::OfSocket(fd).port() == port;
}

}  // namespace

SilenceCutter::SilenceCutter(uint16_t port, std::chrono::milliseconds limit,
                             std::function<int()> connections)
    : port_(port), limit_(limit), connections_(std::move(connections)), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "silence-cutter");
}

SilenceCutter::~SilenceCutter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

uint64_t SilenceCutter::cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

void SilenceCutter::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_until(lock, WaitClock::now() + limit_ / 4, [this] { return stopping_; })) {
    lock.unlock();
    if (connections_() > 0) {
      Look();
    } else {
      first_seen_.clear();
    }
    lock.lock();
  }
}

void SilenceCutter::Look() {
  const Clock::time_point now = Clock::now();
  std::map<uint64_t, Clock::time_point> seen;
  for (const int fd : Descriptors()) {
    if (IsConnectionTo(port_, fd)) LookAt(fd, now, &seen);
  }
  first_seen_ = std::move(seen);
}

void SilenceCutter::LookAt(int fd, Clock::time_point now,
                           std::map<uint64_t, Clock::time_point>* seen) {
  const ScopedFd own(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  if (!own.valid() || !IsConnectionTo(port_, own.get()) ||
      getsockopt(own.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) {
    return;
  }
  const auto before = first_seen_.find(cookie);
  const Clock::time_point since = before == first_seen_.end() ? now : before->second;
  seen->emplace(cookie, since);
  tcp_info info{};
  size = sizeof(info);
  if (now - since < limit_ || getsockopt(own.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      std::chrono::milliseconds(info.tcpi_last_data_sent) < limit_) {
    return;
  }
  shutdown(own.get(), SHUT_RDWR);
  const std::lock_guard lock(mutex_);
  ++cut_;
}

}  // namespace weir
