#include "router/lane.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"
#include "tests/unit/router/udp_target.h"

namespace weir {
namespace {

constexpr size_t kMtu = 100;

DownstreamSpec Udp(const Endpoint& endpoint) { return {.label = "a", .endpoint = endpoint}; }

struct Fixture {
  explicit Fixture(const DownstreamSpec& spec, OnDown on_down = OnDown::kRehash,
                   uint64_t hold_bytes = 1 << 20)
      : lane(loop,
             {.mtu = kMtu,
              .on_down = on_down,
              .hold_time = std::chrono::seconds(30),
              .hold_bytes = hold_bytes},
             spec, [] {}) {}
  // When the lane is destroyed the law must hold.
  ~Fixture() {
    const LaneReport report = lane.Report();
    const DownstreamCounters& c = report.counters;
    CHECK(c.taken_lines ==
          c.sent.lines - c.returned.lines + c.dropped_lines() + report.waiting.lines);
  }

  uint64_t Dropped(DropReason reason) const {
    return lane.Report().counters.dropped_for(reason).lines;
  }
  void PassTurn(int64_t seconds) {
    clock.Advance(seconds * kNanosPerSecond);
    const Timer soon(loop, std::chrono::milliseconds(1), std::chrono::seconds(0), [] {});
    loop.Turn();
  }

  FakeClock clock;
  EventLoop loop{clock};
  Lane lane;
};

TEST_CASE("full packets wait for company, and a flush ships all", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()));
  const std::string line(kMtu - 1, 'x');
  for (int i = 0; i < 15; ++i) {
    f.lane.Add(line);
    f.lane.OnBatchEnd();
  }
  CHECK(target.Datagrams().empty());
  CHECK(f.lane.has_unshipped());
  f.lane.Add(line);
  f.lane.Add("short");
  f.lane.OnBatchEnd();
  CHECK(target.Datagrams().size() == 16);
  CHECK(f.lane.has_unshipped());
  f.lane.Flush();
  CHECK(target.Text() == "short\n");
  CHECK(f.lane.idle());
}

TEST_CASE("no number of lines in one batch is too much", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()));
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string line = std::to_string(i) + ":1|c";
    f.lane.Add(line);
    expected += line + "\n";
  }
  f.lane.Flush();
  CHECK(target.Text() == expected);
}

TEST_CASE("a line that no datagram holds is dropped and counted", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()));
  f.lane.Add(std::string(kMaxDatagramBytes, 'x'));
  f.lane.Add(std::string(kMaxDatagramBytes - 1, 'y'));
  f.lane.Flush();
  CHECK(target.Datagrams() ==
        std::vector<std::string>{std::string(kMaxDatagramBytes - 1, 'y') + "\n"});
  CHECK(f.Dropped(DropReason::kTooLong) == 1);
}

TEST_CASE("a socket that nobody reads fills the lane, and then lines drop", "[lane]") {
  TemporaryDirectory directory;
  const BoundSocket socket = std::move(OpenUnixDatagram(directory / "s", 0700).value());
  Fixture f({.label = "a",
             .transport = Transport::kUnixgram,
             .endpoint = Endpoint::OfUnix(directory / "s").value()});
  const std::string line(kMtu - 1, 'x');
  uint64_t added = 0;
  while (f.Dropped(DropReason::kWouldBlock) < 3) {
    f.lane.Add(line);
    ++added;
    REQUIRE(added < 1'000'000);
  }
  CHECK_FALSE(f.lane.idle());
  CHECK(f.lane.Report().waiting.lines >= 60);
  uint64_t read = 0;
  char buffer[200];
  REQUIRE(RunUntil(f.loop, [&] {
    while (recv(socket.fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT) > 0) ++read;
    return read == added - 3;
  }));
  CHECK(f.lane.idle());
}

TEST_CASE("with drop the lines of a dead downstream are dropped", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()), OnDown::kDrop);
  f.lane.Add("a");
  f.lane.SetDown(true);
  f.lane.Add("b");
  f.lane.Add("c");
  CHECK(f.lane.Report().down);
  f.lane.SetDown(false);
  f.lane.Add("d");
  f.lane.Flush();
  CHECK(target.Text() == "a\nd\n");
  CHECK(f.Dropped(DropReason::kDown) == 2);
}

TEST_CASE("with hold the lines of a dead downstream wait, and go first when it returns", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()), OnDown::kHold);
  f.lane.SetDown(true);
  std::string expected;
  const auto add = [&](int i) {
    const std::string line = std::to_string(i) + std::string(i % 60, 'x');
    f.lane.Add(line);
    expected += line + "\n";
  };
  for (int i = 0; i < 1000; ++i) add(i);
  f.lane.Flush();
  CHECK(target.Datagrams().empty());
  CHECK(f.lane.Report().held.lines == 1000);
  CHECK_FALSE(f.lane.idle());
  f.lane.SetDown(false);
  for (int i = 1000; i < 1100; ++i) add(i);
  f.lane.Flush();
  std::string text;
  REQUIRE(RunUntil(f.loop, [&] { return (text += target.Text()).size() >= expected.size(); }));
  CHECK(text == expected);
  CHECK(f.lane.idle());
}

// A listening socket; one connection is accepted and read by hand.
struct TcpTarget {
  explicit TcpTarget(uint16_t port = 0)
      : sockets(OpenTcp({"127.0.0.1", port}).value()),
        address(SocketAddress::OfSocket(sockets[0].fd.get())) {}
  bool Accept() {
    client = ScopedFd(accept4(sockets[0].fd.get(), nullptr, nullptr, SOCK_NONBLOCK));
    return client.valid();
  }
  // All that came.
  const std::string& Read() {
    char buffer[65'536];
    for (ssize_t size; (size = recv(client.get(), buffer, sizeof(buffer), MSG_DONTWAIT)) > 0;) {
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }

  std::vector<BoundSocket> sockets;
  SocketAddress address;
  ScopedFd client;
  std::string text;
};

TEST_CASE("what a TCP queue has no room for is held on", "[lane]") {
  const SocketAddress address = TcpTarget().address;
  Fixture f({.label = "a",
             .transport = Transport::kTcp,
             .queue_bytes = 5 * kMtu,
             .endpoint = Endpoint(address)},
            OnDown::kHold);
  f.lane.SetDown(true);
  std::string expected;
  const auto add = [&](int i) {
    const std::string line = std::to_string(i) + std::string(i % 60, 'x');
    f.lane.Add(line);
    expected += line + "\n";
  };
  for (int i = 0; i < 200; ++i) add(i);
  f.lane.Flush();
  f.lane.SetDown(false);
  const auto queued = [&] { return f.lane.Report().waiting.bytes - f.lane.Report().held.bytes; };
  REQUIRE(RunUntil(f.loop, [&] { return queued() > 3 * kMtu; }));
  for (int i = 200; i < 300; ++i) add(i);
  f.lane.Flush();
  TcpTarget target(address.port());
  REQUIRE(RunUntil(f.loop, [&] { return target.Accept(); }));
  REQUIRE(RunUntil(f.loop, [&] { return target.Read().size() >= expected.size(); }));
  CHECK(target.Read() == expected);
  CHECK(f.lane.Report().counters.dropped_lines() == 0);
  CHECK(f.lane.idle());
}

TEST_CASE("a held line that no queue has room for keeps back no other", "[lane]") {
  TcpTarget target;
  Fixture f({.label = "a",
             .transport = Transport::kTcp,
             .queue_bytes = 50,
             .endpoint = Endpoint(target.address)},
            OnDown::kHold);
  f.lane.SetDown(true);
  f.lane.Add(std::string(kMtu - 1, 'x'));
  f.lane.Add("short");
  f.lane.Flush();
  f.lane.SetDown(false);
  REQUIRE(RunUntil(f.loop, [&] { return target.Accept(); }));
  REQUIRE(RunUntil(f.loop, [&] { return target.Read() == "short\n"; }));
  CHECK(f.Dropped(DropReason::kQueueFull) == 1);
}

TEST_CASE("who is alive again is connected to at once", "[lane]") {
  const SocketAddress address = TcpTarget().address;
  Fixture f({.label = "a", .transport = Transport::kTcp, .endpoint = Endpoint(address)},
            OnDown::kHold);
  f.lane.SetDown(true);
  REQUIRE(RunUntil(f.loop, [&] { return f.lane.Report().counters.connect_failures >= 2; }));
  TcpTarget target(address.port());
  f.lane.SetDown(false);
  // Without a turn of the loop, in which a timer could have done it.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!target.Accept() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  REQUIRE(target.client.valid());
}

TEST_CASE("other options lose nothing of what waits or is held", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()), OnDown::kHold, 1000);
  LaneOptions options{.mtu = kMtu,
                      .on_down = OnDown::kHold,
                      .hold_time = std::chrono::seconds(30),
                      .hold_bytes = 1000};
  f.lane.SetDown(true);
  f.lane.Add("held");
  f.lane.Flush();
  f.lane.Add("waits");
  options.mtu = 20;
  options.hold_bytes = 5;
  f.lane.SetOptions(options);
  f.lane.SetDown(true);
  f.PassTurn(1);
  CHECK(f.lane.Report().held.lines == 2);
  f.lane.Add("no room");
  f.lane.Flush();
  CHECK(f.Dropped(DropReason::kQueueFull) == 1);
  // Who no longer holds sends what was held where it was meant for.
  options.on_down = OnDown::kRehash;
  options.hold_bytes = 1000;
  f.lane.SetOptions(options);
  f.lane.Add("ten bytes");
  f.lane.Add("more bytes");
  f.lane.Flush();
  std::vector<std::string> datagrams;
  REQUIRE(RunUntil(f.loop, [&] {
    for (std::string& datagram : target.Datagrams()) datagrams.push_back(std::move(datagram));
    return datagrams.size() == 4;
  }));
  CHECK(datagrams == std::vector<std::string>{"held\n", "waits\n", "ten bytes\n", "more bytes\n"});
}

TEST_CASE("what is held expires, and beyond its bytes the newest drops", "[lane]") {
  UdpTarget target;
  Fixture f(Udp(target.endpoint()), OnDown::kHold, 10);
  f.lane.SetDown(true);
  for (const char* line : {"1234", "1234", "x"}) {
    f.lane.Add(line);
    f.lane.Flush();
  }
  CHECK(f.Dropped(DropReason::kQueueFull) == 1);
  REQUIRE(RunUntil(f.loop, [&] {
    f.PassTurn(31);
    return f.Dropped(DropReason::kExpired) == 2;
  }));
  CHECK(f.lane.Report().held == Amount{});
  f.lane.SetDown(false);
  f.lane.Add("after");
  f.lane.Flush();
  REQUIRE(RunUntil(f.loop, [&] { return target.Text() == "after\n"; }));
}

TEST_CASE("giving up drops what waits and counts it", "[lane]") {
  Fixture f(Udp(Endpoint()), OnDown::kHold);
  f.lane.SetDown(true);
  f.lane.Add("a");
  f.lane.Flush();
  f.lane.Add("b");
  f.lane.GiveUp();
  CHECK(f.lane.idle());
  CHECK(f.Dropped(DropReason::kDown) == 2);
}

}  // namespace
}  // namespace weir
