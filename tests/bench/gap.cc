// libweir-gap.so: how long a thread that reads datagrams stays away from its sockets.
//
// Loaded into a program with LD_PRELOAD, it looks at its calls of recvmmsg and epoll_wait: between
// the end of one and the beginning of the next a thread is away, and its CPU clock says for how
// long (not the wall's, which also counts what other processes took). Only threads that called
// recvmmsg count. The longest times stand in the file $WEIR_GAP_FILE, which is mapped: a reader may
// look at any time, and write zeros to begin anew.
//
// Layout of the file: uint64 longest, then 64 uint64: how many were at most 2^i * 1024 ns.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>

namespace {

struct Gaps {
  std::atomic<uint64_t> longest;
  std::atomic<uint64_t> at_most[64];
};

Gaps* Map() {
  const char* path = std::getenv("WEIR_GAP_FILE");
  if (path == nullptr) std::abort();
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(Gaps)) != 0) std::abort();
  void* memory = mmap(nullptr, sizeof(Gaps), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) std::abort();
  close(fd);
  return static_cast<Gaps*>(memory);
}

uint64_t ThreadNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

thread_local bool reads = false;
thread_local uint64_t left_at = 0;

void ComesBack() {
  if (!reads) return;
  static Gaps* const gaps = Map();
  const uint64_t away = ThreadNanos() - left_at;
  gaps->at_most[std::bit_width(away / 1024)].fetch_add(1, std::memory_order_relaxed);
  uint64_t longest = gaps->longest.load(std::memory_order_relaxed);
  while (longest < away && !gaps->longest.compare_exchange_weak(longest, away)) {
  }
}

void Leaves() {
  if (reads) left_at = ThreadNanos();
}

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  static const auto next = Next<decltype(&recvmmsg)>("recvmmsg");
  ComesBack();
  const int received = next(fd, messages, count, flags, timeout);
  reads = true;
  Leaves();
  return received;
}

extern "C" int epoll_wait(int fd, epoll_event* events, int count, int timeout) {
  static const auto next = Next<decltype(&epoll_wait)>("epoll_wait");
  ComesBack();
  const int ready = next(fd, events, count, timeout);
  Leaves();
  return ready;
}
