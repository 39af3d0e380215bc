#include "router/datagram_downstream.h"

#include <optional>
#include <string>
#include <vector>

#include "common/unix_socket.h"
#include "router/packer.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"
#include "tests/unit/router/udp_target.h"

namespace weir {
namespace {

using Texts = std::vector<std::string>;

constexpr size_t kMtu = 100;

struct Fixture {
  explicit Fixture(const Endpoint& endpoint, Transport transport = Transport::kUdp) {
    const DownstreamSpec spec{.label = "a", .transport = transport, .endpoint = endpoint};
    downstream.emplace(loop, spec, kMtu,
                       DownstreamEvents{[this] { ++writable; }, [this] { ++refused; }});
  }

  // Sends each line as a packet; returns how many were taken.
  size_t Send(const Texts& lines) {
    Packer packer(kMtu);
    for (const std::string& line : lines) {
      REQUIRE(packer.Add(line));
      packer.Close();
    }
    return downstream->Send(packer.packets());
  }
  const DownstreamCounters& counters() const { return downstream->counters(); }
  void CheckLaw(uint64_t taken) const {
    const DownstreamCounters& c = counters();
    CHECK(taken == c.sent.lines - c.returned.lines + c.dropped_lines());
  }

  SteadyClock clock;
  EventLoop loop{clock};
  int writable = 0;
  int refused = 0;
  std::optional<DatagramDownstream> downstream;
};

Texts WithLf(Texts lines) {
  for (std::string& line : lines) line += "\n";
  return lines;
}

TEST_CASE("packets of any sizes arrive as they are, grouped or not", "[datagram_downstream]") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    if (std::string_view(host) == "::1" && !HasIpv6()) continue;
    UdpTarget target(0, host);
    Fixture f(target.endpoint());
    Texts lines;
    for (const size_t size : {5, 5, 5, 3, 5, 7, 7, 99, 99, 1, 200, 99, 65'506, 4, 4}) {
      lines.emplace_back(size, static_cast<char>('a' + lines.size()));
    }
    REQUIRE(f.Send(lines) == lines.size());
    CHECK(target.Datagrams() == WithLf(lines));
    CHECK(f.counters().sent.lines == lines.size());
    CHECK(f.counters().sent.packets == lines.size());
    CHECK(f.counters().dropped_lines() == 0);
  }
}

TEST_CASE("sixty-four equal packets arrive as sixty-four", "[datagram_downstream]") {
  UdpTarget target;
  Fixture f(target.endpoint());
  const Texts lines(Packer::kMaxPackets, std::string(kMtu - 1, 'x'));
  REQUIRE(f.Send(lines) == lines.size());
  CHECK(target.Datagrams() == WithLf(lines));
  CHECK(f.counters().sent == Amount{64, 64 * kMtu, 64});
}

TEST_CASE("every line that a closed port gives back is counted", "[datagram_downstream]") {
  Endpoint endpoint;
  uint16_t port;
  {
    UdpTarget target;
    endpoint = target.endpoint();
    port = target.port();
  }
  Fixture f(endpoint);
  uint64_t lines = 0;
  for (int round = 0; round < 20; ++round) {
    Texts batch;
    for (int i = 0; i < 40; ++i) batch.push_back("line" + std::to_string(lines++) + ":1|c");
    REQUIRE(f.Send(batch) == batch.size());
  }
  REQUIRE(RunUntil(f.loop, [&] { return f.counters().dropped_lines() == lines; }));
  CHECK(f.counters().dropped_for(DropReason::kRefused).lines == lines);
  CHECK(f.counters().forwarded_lines() == 0);
  CHECK(f.refused > 0);
  f.CheckLaw(lines);

  UdpTarget target(port);
  REQUIRE(f.Send({"again:1|c", "and:2|c"}) == 2);
  CHECK(target.Text() == "again:1|c\nand:2|c\n");
  CHECK(f.counters().forwarded_lines() == 2);
  f.CheckLaw(lines + 2);
}

TEST_CASE("a refusal that comes in the quiet is noticed", "[datagram_downstream]") {
  Endpoint endpoint;
  {
    UdpTarget target;
    endpoint = target.endpoint();
  }
  Fixture f(endpoint);
  REQUIRE(f.Send({"a:1|c"}) == 1);
  REQUIRE(RunUntil(f.loop, [&] { return f.refused == 1; }));
  CHECK(f.counters().returned == Amount{1, 6, 1});
}

TEST_CASE("an address that is not known drops, until it is", "[datagram_downstream]") {
  UdpTarget target;
  Fixture f{Endpoint()};
  REQUIRE(f.Send({"a:1|c", "b:1|c"}) == 2);
  CHECK(f.counters().dropped_for(DropReason::kUnreachable).lines == 2);
  f.downstream->SetEndpoint(target.endpoint());
  REQUIRE(f.Send({"c:1|c"}) == 1);
  CHECK(target.Text() == "c:1|c\n");
  f.CheckLaw(3);
}

TEST_CASE("packets go to the new address once there is one", "[datagram_downstream]") {
  UdpTarget first;
  UdpTarget second;
  Fixture f(first.endpoint());
  f.Send({"a:1|c"});
  f.downstream->SetEndpoint(second.endpoint());
  f.Send({"b:1|c"});
  CHECK(first.Text() == "a:1|c\n");
  CHECK(second.Text() == "b:1|c\n");
}

TEST_CASE("a downstream that talks back is not listened to", "[datagram_downstream]") {
  const BoundSocket socket =
      std::move(OpenUdp({"127.0.0.1", 0}, {.read_buffer = 1 << 20}).value()[0]);
  Fixture f{Endpoint(SocketAddress::OfSocket(socket.fd.get()))};
  f.Send({"a:1|c"});
  char buffer[100];
  sockaddr_in from;
  socklen_t size = sizeof(from);
  REQUIRE(recvfrom(socket.fd.get(), buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr*>(&from),
                   &size) == 6);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(sendto(socket.fd.get(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&from), size) == 5);
  }
  f.loop.Turn();
  f.Send({"b:1|c"});
  CHECK(recv(socket.fd.get(), buffer, sizeof(buffer), 0) == 6);
}

TEST_CASE("a unix socket that is full leaves packets behind until it is read",
          "[datagram_downstream]") {
  TemporaryDirectory directory;
  const BoundSocket socket = std::move(OpenUnixDatagram(directory / "s", 0700).value());
  Fixture f(Endpoint::OfUnix(directory / "s").value(), Transport::kUnixgram);
  size_t sent = 0;
  const Texts one = {"a:1|c"};
  while (f.Send(one) == 1) ++sent;
  REQUIRE(sent > 0);
  CHECK(f.Send(one) == 0);
  CHECK(f.writable == 0);
  char buffer[100];
  for (size_t i = 0; i < sent; ++i) REQUIRE(recv(socket.fd.get(), buffer, sizeof(buffer), 0) == 6);
  REQUIRE(RunUntil(f.loop, [&] { return f.writable == 1; }));
  CHECK(f.Send(one) == 1);
  CHECK(f.counters().dropped_lines() == 0);
  CHECK(f.counters().sent.lines == sent + 1);
}

TEST_CASE("a unix socket that goes is refused, and found again when it returns",
          "[datagram_downstream]") {
  TemporaryDirectory directory;
  Fixture f(Endpoint::OfUnix(directory / "s").value(), Transport::kUnixgram);
  REQUIRE(f.Send({"a:1|c"}) == 1);
  CHECK(f.counters().dropped_for(DropReason::kRefused).lines == 1);
  {
    const auto socket = OpenUnixDatagram(directory / "s", 0700);
    REQUIRE(f.Send({"b:1|c"}) == 1);
    CHECK(f.counters().sent.lines == 1);
  }
  REQUIRE(f.Send({"c:1|c", "d:1|c"}) == 2);
  CHECK(f.counters().dropped_for(DropReason::kRefused).lines == 3);
  CHECK(f.refused >= 2);
  const auto socket = OpenUnixDatagram(directory / "s", 0700);
  REQUIRE(f.Send({"e:1|c"}) == 1);
  char buffer[100];
  CHECK(recv(socket->fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT) == 6);
  f.CheckLaw(5);
}

TEST_CASE("a unix socket that is there anew gets the next packet", "[datagram_downstream]") {
  TemporaryDirectory directory;
  Fixture f(Endpoint::OfUnix(directory / "s").value(), Transport::kUnixgram);
  for (int round = 0; round < 3; ++round) {
    const auto socket = OpenUnixDatagram(directory / "s", 0700);
    REQUIRE(f.Send({"a:1|c", "b:1|c"}) == 2);
    char buffer[100];
    CHECK(recv(socket->fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT) == 6);
    CHECK(recv(socket->fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT) == 6);
  }
  CHECK(f.counters().sent.lines == 6);
  CHECK(f.refused == 0);
}

}  // namespace
}  // namespace weir
