// weir-floor: the least a program can do with StatsD over UDP, for others to be measured against.
//
// Binds 127.0.0.1, prints {"port": N, "read_buffer": B}, then calls recvmmsg with 64 slots and
// counts newlines, and no more than that. On SIGTERM it prints what came as one JSON object: lines
// are newlines and the unended last line of each datagram.
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr unsigned kSlots = 64;
constexpr size_t kSlotBytes = 65536;
constexpr int kReadBuffer = 64 << 20;

volatile sig_atomic_t ended = 0;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

struct Counts {
  uint64_t datagrams = 0;
  uint64_t bytes = 0;
  uint64_t lines = 0;
};

// Vectorised: the floor is not to be lifted by a slow loop.
[[gnu::optimize("O3")]] uint64_t CountNewlines(const char* text, size_t size) {
  uint64_t count = 0;
  for (size_t i = 0; i < size; ++i) count += text[i] == '\n';
  return count;
}

int Bind() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReadBuffer, sizeof kReadBuffer) != 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReadBuffer, sizeof kReadBuffer) != 0) {
    Die("SO_RCVBUF");
  }
  // A signal that comes just before recvmmsg does not end it.
  const timeval patience = {1, 0};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) Die("SO_RCVTIMEO");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("bind");
  }
  int granted = 0;
  socklen_t granted_size = sizeof granted;
  getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &granted_size);
  std::printf("{\"port\": %d, \"read_buffer\": %d}\n", ntohs(address.sin_port), granted);
  std::fflush(stdout);
  return fd;
}

Counts Receive(int fd) {
  void* memory = mmap(nullptr, kSlots * kSlotBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) Die("mmap");
  std::array<iovec, kSlots> slots;
  std::array<mmsghdr, kSlots> messages = {};
  for (unsigned i = 0; i < kSlots; ++i) {
    slots[i] = {static_cast<char*>(memory) + i * kSlotBytes, kSlotBytes};
    messages[i].msg_hdr.msg_iov = &slots[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  Counts counts;
  while (ended == 0) {
    const int received = recvmmsg(fd, messages.data(), kSlots, MSG_WAITFORONE, nullptr);
    for (int i = 0; i < received; ++i) {
      const auto* text = static_cast<const char*>(slots[i].iov_base);
      const size_t size = messages[i].msg_len;
      counts.lines += CountNewlines(text, size) + (size > 0 && text[size - 1] != '\n');
      counts.bytes += size;
    }
    if (received > 0) counts.datagrams += static_cast<uint64_t>(received);
  }
  return counts;
}

}  // namespace

int main() {
  struct sigaction action = {};
  action.sa_handler = [](int) { ended = 1; };
  sigaction(SIGTERM, &action, nullptr);
  const int fd = Bind();
  const Counts counts = Receive(fd);
  uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof memory;
  getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &size);
  std::printf("{\"datagrams\": %lu, \"lines\": %lu, \"bytes\": %lu, \"kernel_drops\": %u}\n",
              counts.datagrams, counts.lines, counts.bytes, memory[SK_MEMINFO_DROPS]);
  return 0;
}
