// What the listener adds to the kernel: nanoseconds per datagram through a DatagramListener and an
// EventLoop, beside a bare recvmmsg loop with the same socket and slots.
//
// Filling the socket is not timed. Usage: receive_bench [rounds]
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/listener.h"

namespace weir {
namespace {

constexpr int kDatagrams = 8192;

class CountingSink final : public LineSink {
 public:
  explicit CountingSink(EventLoop& loop) : loop_(loop) {}
  void OnDatagram(std::string_view datagram, Transport) override {
    bytes += datagram.size();
    if (++datagrams % kDatagrams == 0) loop_.Stop();
  }
  void OnStream(std::string_view, Transport) override {}
  void OnBatchEnd() override {}

  uint64_t datagrams = 0;
  uint64_t bytes = 0;

 private:
  EventLoop& loop_;
};

void Fill(int fd, const SocketAddress& target, const std::string& datagram) {
  for (int i = 0; i < kDatagrams; ++i) {
    WEIR_CHECK(sendto(fd, datagram.data(), datagram.size(), 0, target.data(), target.size()) > 0);
  }
}

void BareLoop(int fd, ReceiveSlots& slots, CountingSink& sink) {
  for (int received = 0; received < kDatagrams;) {
    const int count = slots.ReceiveDatagrams(fd);
    WEIR_CHECK(count > 0);
    for (int i = 0; i < count; ++i) sink.bytes += slots.datagram(i).size();
    received += count;
  }
}

// The best round, in nanoseconds per datagram: what a busy machine adds is not ours.
struct Best {
  double nanos = 1e9;
  void Take(int64_t start, int64_t end) {
    nanos = std::min(nanos, static_cast<double>(end - start) / kDatagrams);
  }
};

void Measure(const std::string& datagram, int rounds) {
  const SteadyClock clock;
  EventLoop loop(clock);
  ReceiveSlots slots(loop);
  CountingSink sink(loop);
  BoundSocket socket = std::move(
      OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {.read_buffer = 64 << 20})->front());
  const int fd = socket.fd.get();
  const SocketAddress target = SocketAddress::OfSocket(fd);
  const ScopedFd client(::socket(AF_INET, SOCK_DGRAM, 0));
  const std::unique_ptr<Listener> listener = Attach(loop, slots, std::move(socket), sink);

  Best bare;
  Best through_loop;
  for (int round = 0; round < rounds; ++round) {
    Fill(client.get(), target, datagram);
    int64_t start = clock.NowNanos();
    BareLoop(fd, slots, sink);
    bare.Take(start, clock.NowNanos());
    Fill(client.get(), target, datagram);
    start = clock.NowNanos();
    loop.Run();
    through_loop.Take(start, clock.NowNanos());
  }
  WEIR_CHECK(listener->KernelDrops() == 0);
  std::printf("%5zu bytes: bare recvmmsg %.0f ns, listener %.0f ns per datagram\n", datagram.size(),
              bare.nanos, through_loop.nanos);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 200;
  std::string packed;
  for (int i = 0; i < 30; ++i) packed += "some.metric.name." + std::to_string(i) + ":1|c\n";
  weir::Measure("some.metric.name:1|c", rounds);
  weir::Measure(packed, rounds);
}
