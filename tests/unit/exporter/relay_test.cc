#include "exporter/relay.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <numeric>
#include <string>
#include <vector>

#include "common/socket.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"

namespace weir {
namespace {

// Where packets go.
class Target {
 public:
  explicit Target(uint16_t port = 0) {
    sockets_ = OpenUdp({"127.0.0.1", port}, {.read_buffer = 1 << 20}).value();
  }

  SocketAddress address() const { return SocketAddress::OfSocket(sockets_[0].fd.get()); }

  // What has come since the last question; each packet is whole.
  std::vector<std::string> Packets() {
    std::vector<std::string> packets;
    std::string buffer(65536, '\0');
    for (ssize_t size;
         (size = recv(sockets_[0].fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0;) {
      packets.push_back(buffer.substr(0, size));
    }
    return packets;
  }

 private:
  std::vector<BoundSocket> sockets_;
};

struct Fixture {
  explicit Fixture(const SocketAddress& target, size_t packet_length = 40)
      : relay(loop, target, "target", packet_length) {
    ConfigureLog({.level = LogLevel::kError});
  }
  ~Fixture() { ConfigureLog({}); }

  uint64_t dropped_packets(RelayDrop drop) const {
    return relay.counters().dropped_packets[static_cast<size_t>(drop)];
  }
  uint64_t dropped_lines(RelayDrop drop) const {
    return relay.counters().dropped_lines[static_cast<size_t>(drop)];
  }
  uint64_t dropped_lines() const {
    const auto& dropped = relay.counters().dropped_lines;
    return std::accumulate(dropped.begin(), dropped.end(), uint64_t{0});
  }

  SteadyClock clock;
  EventLoop loop{clock};
  Relay relay;
};

TEST_CASE("lines are packed whole up to the packet length", "[relay]") {
  Target target;
  Fixture f(target.address(), 16);
  for (const char* line : {"aaaa:1|c", "bbb:2|c", "c:3|c", "not a line", "d:4|g\r"}) {
    f.relay.Add(line);
  }
  CHECK(target.Packets() ==
        std::vector<std::string>{"aaaa:1|c\n", "bbb:2|c\nc:3|c\n", "not a line\n"});
  f.relay.Flush();
  f.relay.Flush();
  CHECK(target.Packets() == std::vector<std::string>{"d:4|g\r\n"});
  CHECK(f.relay.counters().lines == 5);
  CHECK(f.relay.counters().packets == 4);
  CHECK(f.dropped_lines() == 0);
}

TEST_CASE("two lines that fill a packet to the last byte go together", "[relay]") {
  Target target;
  Fixture f(target.address(), 12);
  f.relay.Add("a:1|c");
  f.relay.Add("b:1|c");
  f.relay.Flush();
  CHECK(target.Packets() == std::vector<std::string>{"a:1|c\nb:1|c\n"});
}

TEST_CASE("a line that no packet holds is counted and left out", "[relay]") {
  Target target;
  Fixture f(target.address(), 40);
  for (const size_t size : {38, 39, 40, 41, 4000}) f.relay.Add(std::string(size, 'x'));
  f.relay.Add("");
  f.relay.Flush();
  CHECK(target.Packets() ==
        std::vector<std::string>{std::string(38, 'x') + "\n", std::string(39, 'x') + "\n"});
  CHECK(f.relay.counters().lines == 2);
  CHECK(f.relay.counters().long_lines == 3);
}

TEST_CASE("a packet length of zero is as much as UDP carries", "[relay]") {
  for (const size_t packet_length : {size_t{0}, size_t{1} << 40}) {
    Target target;
    Fixture f(target.address(), packet_length);
    f.relay.Add(std::string(Relay::kMostPacketLength - 1, 'x'));
    f.relay.Add(std::string(Relay::kMostPacketLength, 'y'));
    f.relay.Flush();
    const auto packets = target.Packets();
    REQUIRE(packets.size() == 1);
    CHECK(packets[0] == std::string(Relay::kMostPacketLength - 1, 'x') + "\n");
    CHECK(f.relay.counters().long_lines == 1);
  }
}

TEST_CASE("what is buffered goes by itself after a while", "[relay]") {
  Target target;
  Fixture f(target.address());
  f.relay.Add("a:1|c");
  std::vector<std::string> packets;
  CHECK(RunUntil(f.loop, [&] { return !(packets = target.Packets()).empty(); }));
  CHECK(packets == std::vector<std::string>{"a:1|c\n"});
  CHECK(f.relay.counters().packets == 1);
}

TEST_CASE("a dead target ends nothing, is counted, and gets lines once it lives", "[relay]") {
  SocketAddress address;
  {
    Target target;
    address = target.address();
  }
  Fixture f(address);
  for (int i = 0; i < 1000; ++i) {
    f.relay.Add("a:1|c");
    f.relay.Add("b:1|c");
    f.relay.Flush();
  }
  CHECK(f.relay.counters().packets == 1000);
  CHECK(f.relay.counters().lines == 2000);
  CHECK(f.dropped_packets(RelayDrop::kRefused) >= 1);
  CHECK(f.dropped_packets(RelayDrop::kRefused) <= 1000);
  CHECK(f.dropped_lines(RelayDrop::kRefused) == 2 * f.dropped_packets(RelayDrop::kRefused));
  CHECK(f.dropped_packets(RelayDrop::kOther) == 0);

  Target target(address.port());
  f.relay.Add("c:1|c");
  f.relay.Flush();
  f.relay.Add("d:1|c");
  f.relay.Flush();
  CHECK(target.Packets() == std::vector<std::string>{"c:1|c\n", "d:1|c\n"});
}

TEST_CASE("a target that does not read never blocks", "[relay]") {
  Target target;
  Fixture f(target.address(), 1400);
  const std::string line(1399, 'x');
  for (int i = 0; i < 20000; ++i) f.relay.Add(line);
  f.relay.Flush();
  CHECK(f.relay.counters().lines == 20000);
  CHECK(f.relay.counters().packets == 20000);
  CHECK(target.Packets().size() < 20000);
}

TEST_CASE("a target that nothing can be sent to is tried again with each packet", "[relay]") {
  sockaddr_in broadcast{};  // not permitted without SO_BROADCAST
  broadcast.sin_family = AF_INET;
  broadcast.sin_port = htons(9);
  broadcast.sin_addr.s_addr = htonl(INADDR_BROADCAST);
  Fixture f(SocketAddress(reinterpret_cast<const sockaddr*>(&broadcast), sizeof broadcast));
  for (int i = 0; i < 3; ++i) {
    f.relay.Add("a:1|c");
    f.relay.Flush();
  }
  CHECK(f.relay.counters().packets == 3);
  CHECK(f.dropped_packets(RelayDrop::kOther) == 3);
  CHECK(f.dropped_lines(RelayDrop::kOther) == 3);
}

}  // namespace
}  // namespace weir
