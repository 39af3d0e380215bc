#include "common/datagram_listener.h"

#include <fcntl.h>

#include <memory>
#include <optional>

#include "common/source_list.h"
#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/recording_sink.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

constexpr int kPlenty = 16'000'000;

struct Receiving {
  explicit Receiving(BoundSocket socket) : fd(socket.fd.get()) {
    listener = Attach(loop, slots, std::move(socket), sink);
  }
  explicit Receiving(std::string_view address, int read_buffer = kPlenty)
      : Receiving(std::move(
            OpenUdp(ParseListenAddress(address).value(), {.read_buffer = read_buffer})->front())) {}

  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  bool UntilReceived(size_t count) {
    return Until([&] { return sink.datagrams.size() >= count; });
  }

  SteadyClock clock;
  EventLoop loop{clock};
  ReceiveSlots slots{loop};
  RecordingSink sink;
  const int fd;
  std::unique_ptr<Listener> listener;
};

TEST_CASE("a datagram arrives as it came", "[datagram_listener]") {
  Receiving receiving("127.0.0.1:0");
  CHECK(receiving.listener->transport() == Transport::kUdp);
  CHECK(receiving.listener->open());
  const ScopedFd client = Connect(SOCK_DGRAM, receiving.listener->address());
  const std::vector<std::string> datagrams = {
      "a:1|c", "a:1|c\n", "a:1|c\r\nb:2|c\r\n", "", "\n", std::string("a\0b", 3), "\xff\xfe"};
  uint64_t bytes = 0;
  for (const std::string& datagram : datagrams) {
    Send(client, datagram);
    bytes += datagram.size();
  }
  REQUIRE(receiving.UntilReceived(datagrams.size()));
  CHECK(receiving.sink.datagrams == datagrams);
  CHECK(receiving.sink.last_transport == Transport::kUdp);
  CHECK(receiving.sink.batch_ends > 0);
  CHECK(receiving.listener->counters().datagrams == datagrams.size());
  CHECK(receiving.listener->counters().bytes == bytes);
}

TEST_CASE("with a list of sources only their datagrams arrive, and others are counted",
          "[datagram_listener]") {
  BoundSocket socket = std::move(OpenUdp(ParseListenAddress(":0").value(), {})->front());
  const std::string port = socket.address.substr(socket.address.rfind(':'));
  auto sources = std::make_shared<SourceList>();
  REQUIRE(sources->Add("127.0.0.2,127.0.1.0/24"));
  socket.admission.sources = sources;
  Receiving receiving(std::move(socket));
  const ListenerCounters& counters = receiving.listener->counters();

  // The loop's other sockets are asked for no sources.
  Receiving open("127.0.0.1:0");
  const ScopedFd stranger = Connect(SOCK_DGRAM, "127.0.0.1" + port);
  Send(stranger, "bad:1|c");
  for (const char* host : {"127.0.0.2", "127.0.1.9"}) {
    Send(Connect(SOCK_DGRAM, "127.0.0.1" + port, host), "good:1|c");
  }
  if (HasIpv6()) Send(Connect(SOCK_DGRAM, "[::1]" + port), "bad:1|c");
  const uint64_t strangers = HasIpv6() ? 2 : 1;
  REQUIRE(receiving.Until([&] {
    return counters.rejected[static_cast<size_t>(Rejection::kSource)] == strangers &&
           receiving.sink.datagrams.size() == 2;
  }));
  CHECK(receiving.sink.datagrams == std::vector<std::string>{"good:1|c", "good:1|c"});
  CHECK(counters.datagrams == 2);
  CHECK(counters.bytes == 16);
  CHECK(receiving.listener->Report().rejects[static_cast<size_t>(Rejection::kSource)]);
  CHECK_FALSE(open.listener->Report().rejects[static_cast<size_t>(Rejection::kSource)]);
}

TEST_CASE("the largest datagrams arrive whole over IPv4 and IPv6", "[datagram_listener]") {
  struct Case {
    const char* address;
    size_t size;
  };
  for (const Case& one :
       {Case{"127.0.0.1:0", 65'507}, Case{"[::1]:0", 65'507}, Case{"[::1]:0", 65'527}}) {
    if (one.address[0] == '[' && !HasIpv6()) continue;
    Receiving receiving(one.address);
    const ScopedFd client = Connect(SOCK_DGRAM, receiving.listener->address());
    std::string datagram(one.size, 'x');
    datagram.front() = '<';
    datagram.back() = '>';
    Send(client, datagram);
    Send(client, "next");
    REQUIRE(receiving.UntilReceived(2));
    CHECK(receiving.sink.datagrams == std::vector<std::string>{datagram, "next"});
    CHECK(receiving.listener->counters().truncated == 0);
  }
}

TEST_CASE("a dual-stack socket hears IPv4 and IPv6", "[datagram_listener]") {
  Receiving receiving(":0");
  const std::string& address = receiving.listener->address();
  const std::string port = address.substr(address.rfind(':'));
  Send(Connect(SOCK_DGRAM, "127.0.0.1" + port), "four");
  REQUIRE(receiving.UntilReceived(1));
  if (!HasIpv6()) return;
  Send(Connect(SOCK_DGRAM, "[::1]" + port), "six");
  REQUIRE(receiving.UntilReceived(2));
  CHECK(receiving.sink.datagrams == std::vector<std::string>{"four", "six"});
}

TEST_CASE("what the kernel drops is what was sent and not received", "[datagram_listener]") {
  Receiving receiving("127.0.0.1:0", 20'000);
  const ScopedFd client = Connect(SOCK_DGRAM, receiving.listener->address());
  constexpr size_t kSent = 3000;
  for (size_t i = 0; i < kSent; ++i) Send(client, "drop:1|c");
  const uint64_t drops = receiving.listener->KernelDrops();
  CHECK(drops > 0);
  REQUIRE(receiving.UntilReceived(kSent - drops));
  receiving.listener->Drain();
  CHECK(receiving.sink.datagrams.size() + receiving.listener->KernelDrops() == kSent);
  CHECK(receiving.listener->counters().datagrams == receiving.sink.datagrams.size());
}

// Answers every datagram with another one, so that the socket is never empty.
struct FeedingSink final : LineSink {
  void OnDatagram(std::string_view datagram, Transport) override {
    ++received;
    if (!feeding) return;
    Send(client, datagram);
    ++sent;
  }
  void OnStream(std::string_view, Transport) override {}
  void OnBatchEnd() override {}

  ScopedFd client;
  bool feeding = true;
  int sent = 0;
  int received = 0;
};

TEST_CASE("tasks have their turn though the socket is never empty", "[datagram_listener]") {
  SteadyClock clock;
  EventLoop loop(clock);
  ReceiveSlots slots(loop);
  FeedingSink sink;
  auto udp = OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {.read_buffer = kPlenty}).value();
  const auto listener = Attach(loop, slots, std::move(udp.front()), sink);
  sink.client = Connect(SOCK_DGRAM, listener->address());
  constexpr int kTwoBatches = 2 * ReceiveSlots::kSlots;
  for (; sink.sent < kTwoBatches; ++sink.sent) Send(sink.client, "x");
  REQUIRE(RunUntil(loop, [&] { return sink.received > kTwoBatches; }));
  loop.Post([&] { sink.feeding = false; });
  REQUIRE(RunUntil(loop, [&] { return sink.received == sink.sent; }));
  CHECK_FALSE(sink.feeding);
  CHECK(listener->KernelDrops() == 0);
}

TEST_CASE("a drain takes all that the kernel holds, without the loop", "[datagram_listener]") {
  Receiving receiving("127.0.0.1:0");
  const ScopedFd client = Connect(SOCK_DGRAM, receiving.listener->address());
  constexpr int kSent = 200;
  for (int i = 0; i < kSent; ++i) Send(client, "x");
  receiving.listener->Drain();
  CHECK(receiving.sink.datagrams.size() == kSent);
  CHECK(receiving.sink.batch_ends == (kSent + ReceiveSlots::kSlots - 1) / ReceiveSlots::kSlots);
}

TEST_CASE("a read error is counted and reading goes on", "[datagram_listener]") {
  Receiving receiving("127.0.0.1:0");
  // The socket itself sends to a port that nobody has; the ICMP answer becomes its read error.
  const int on = 1;
  REQUIRE(setsockopt(receiving.fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) == 0);
  SocketAddress nobody;
  {
    const ScopedFd closed(socket(AF_INET, SOCK_DGRAM, 0));
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(closed.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof(loopback)) == 0);
    nobody = SocketAddress::OfSocket(closed.get());
  }
  REQUIRE(sendto(receiving.fd, "x", 1, 0, nobody.data(), nobody.size()) == 1);
  REQUIRE(receiving.Until([&] { return receiving.listener->counters().receive_errors == 1; }));
  Send(Connect(SOCK_DGRAM, receiving.listener->address()), "after");
  REQUIRE(receiving.UntilReceived(1));
  CHECK(receiving.sink.datagrams == std::vector<std::string>{"after"});
  CHECK(receiving.listener->open());
}

TEST_CASE("a listener whose socket died says so", "[datagram_listener]") {
  Receiving receiving("127.0.0.1:0");
  const ScopedFd other(open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(dup2(other.get(), receiving.fd) == receiving.fd);
  receiving.listener->Drain();
  CHECK_FALSE(receiving.listener->open());
  CHECK(receiving.listener->counters().receive_errors == 1);
  CHECK(receiving.listener->KernelDrops() == 0);
}

TEST_CASE("unix datagrams arrive by path and by abstract name", "[datagram_listener]") {
  const TemporaryDirectory directory;
  for (const std::string& path : {directory / "s", "@weir-listener-" + std::to_string(getpid())}) {
    Receiving receiving(OpenUnixDatagram(path, 0755, kPlenty).value());
    CHECK(receiving.listener->transport() == Transport::kUnixgram);
    CHECK(receiving.listener->address() == path);
    const ScopedFd client = ConnectUnix(SOCK_DGRAM, path);
    const std::vector<std::string> datagrams = {"a:1|c", "", std::string(65'536, 'x'), "b:2|g\r\n"};
    for (const std::string& datagram : datagrams) Send(client, datagram);
    REQUIRE(receiving.UntilReceived(datagrams.size()));
    CHECK(receiving.sink.datagrams == datagrams);
    CHECK(receiving.sink.last_transport == Transport::kUnixgram);
    CHECK(receiving.listener->counters().truncated == 0);
    CHECK(receiving.listener->KernelDrops() == 0);
  }
}

TEST_CASE("a datagram beyond 64 KiB loses the line it was cut in", "[datagram_listener]") {
  const TemporaryDirectory directory;
  Receiving receiving(OpenUnixDatagram(directory / "s", 0755).value());
  const ScopedFd client = ConnectUnix(SOCK_DGRAM, directory / "s");
  Send(client, "whole:1|c\nalso:1|c\n" + std::string(65'536, 'x'));
  Send(client, std::string(65'537, 'x'));
  Send(client, "next:1|c");
  REQUIRE(receiving.UntilReceived(2));
  CHECK(receiving.sink.datagrams == std::vector<std::string>{"whole:1|c\nalso:1|c", "next:1|c"});
  CHECK(receiving.listener->counters().truncated == 2);
  CHECK(receiving.listener->counters().datagrams == 3);
}

}  // namespace
}  // namespace weir
