// weir-sink: the downstreams of a router under measurement: sockets that count lines.
//
//   weir-sink [--sockets=N | --ports=A,B,C]
//
// Binds UDP sockets of 127.0.0.1, N with ports of the kernel's choice or those named, and prints
// {"ports": [...]}. On SIGTERM it reads what still waits and prints, for each socket, the lines and
// datagrams that came and the datagrams that the kernel dropped.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned kSlots = 64;
constexpr size_t kSlotBytes = 65536;
constexpr int kReadBuffer = 64 << 20;

volatile sig_atomic_t ended = 0;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Slots {
 public:
  Slots() {
    void* memory = mmap(nullptr, kSlots * kSlotBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) Die("mmap");
    for (unsigned i = 0; i < kSlots; ++i) {
      vectors_[i] = {static_cast<char*>(memory) + i * kSlotBytes, kSlotBytes};
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  int Receive(int fd) { return recvmmsg(fd, messages_.data(), kSlots, MSG_DONTWAIT, nullptr); }
  std::string_view datagram(int i) const {
    return {static_cast<const char*>(vectors_[i].iov_base), messages_[i].msg_len};
  }

 private:
  std::array<iovec, kSlots> vectors_;
  std::array<mmsghdr, kSlots> messages_ = {};
};

class Downstream {
 public:
  explicit Downstream(uint16_t port) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) Die("socket");
    if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kReadBuffer, sizeof kReadBuffer) != 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kReadBuffer, sizeof kReadBuffer);
    }
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      Die("bind");
    }
    port_ = ntohs(address.sin_port);
  }

  // False when nothing waits.
  bool Read(Slots* slots) {
    const int received = slots->Receive(fd_);
    for (int i = 0; i < received; ++i) {
      const std::string_view datagram = slots->datagram(i);
      lines_ += static_cast<uint64_t>(std::count(datagram.begin(), datagram.end(), '\n'));
      lines_ += !datagram.empty() && datagram.back() != '\n';
    }
    if (received > 0) datagrams_ += static_cast<uint64_t>(received);
    return received > 0;
  }

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }
  uint64_t lines() const { return lines_; }
  uint64_t datagrams() const { return datagrams_; }
  uint64_t drops() const {
    uint32_t memory[SK_MEMINFO_VARS] = {};
    socklen_t size = sizeof memory;
    getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory, &size);
    return memory[SK_MEMINFO_DROPS];
  }

 private:
  const int fd_;
  uint16_t port_ = 0;
  uint64_t lines_ = 0;
  uint64_t datagrams_ = 0;
};

std::vector<uint16_t> ParsePorts(int argc, char** argv) {
  const std::string_view argument = argc > 1 ? argv[1] : "--sockets=1";
  if (argument.starts_with("--sockets=")) {
    return std::vector<uint16_t>(std::strtoul(argument.data() + 10, nullptr, 10));
  }
  std::vector<uint16_t> ports;
  if (argument.starts_with("--ports=")) {
    for (const char* at = argument.data() + 8; *at != '\0';) {
      char* end = nullptr;
      ports.push_back(static_cast<uint16_t>(std::strtoul(at, &end, 10)));
      at = *end == ',' ? end + 1 : end;
      if (*end != ',' && *end != '\0') break;
    }
  }
  if (ports.empty()) {
    std::fprintf(stderr, "usage: weir-sink [--sockets=N | --ports=A,B,C]\n");
    std::exit(2);
  }
  return ports;
}

template <class Value>
void PrintList(const char* name, const std::vector<Downstream>& downstreams, Value value) {
  std::printf("\"%s\": [", name);
  for (size_t i = 0; i < downstreams.size(); ++i) {
    std::printf(i == 0 ? "%lu" : ", %lu", static_cast<uint64_t>(value(downstreams[i])));
  }
  std::printf("]");
}

void Serve(std::vector<Downstream>* downstreams) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (size_t i = 0; i < downstreams->size(); ++i) {
    epoll_event event = {.events = EPOLLIN, .data = {.u64 = i}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, (*downstreams)[i].fd(), &event) != 0) Die("epoll_ctl");
  }
  Slots slots;
  std::array<epoll_event, 64> events;
  while (ended == 0) {
    const int ready = epoll_wait(epoll, events.data(), events.size(), 1000);
    for (int i = 0; i < ready; ++i) (*downstreams)[events[i].data.u64].Read(&slots);
  }
  for (Downstream& downstream : *downstreams) {
    while (downstream.Read(&slots)) {
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action = {};
  action.sa_handler = [](int) { ended = 1; };
  sigaction(SIGTERM, &action, nullptr);
  rlimit files = {};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  std::vector<Downstream> downstreams;
  for (const uint16_t port : ParsePorts(argc, argv)) downstreams.emplace_back(port);
  std::printf("{");
  PrintList("ports", downstreams, [](const Downstream& one) { return one.port(); });
  std::printf("}\n");
  std::fflush(stdout);
  Serve(&downstreams);
  std::printf("{");
  PrintList("lines", downstreams, [](const Downstream& one) { return one.lines(); });
  std::printf(", ");
  PrintList("datagrams", downstreams, [](const Downstream& one) { return one.datagrams(); });
  std::printf(", ");
  PrintList("kernel_drops", downstreams, [](const Downstream& one) { return one.drops(); });
  std::printf("}\n");
  return 0;
}
