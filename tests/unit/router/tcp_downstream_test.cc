#include "router/tcp_downstream.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "router/packer.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

// A listening socket; connections are accepted and read by hand.
class Server {
 public:
  explicit Server(uint16_t port = 0) : sockets_(OpenTcp({"127.0.0.1", port}).value()) {}

  Endpoint endpoint() const { return Endpoint(SocketAddress::OfSocket(fd())); }
  uint16_t port() const { return SocketAddress::OfSocket(fd()).port(); }
  bool Accept() {
    client_ = ScopedFd(accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK));
    if (client_.valid()) text_.clear();
    return client_.valid();
  }
  // What the present connection has brought.
  const std::string& Read() {
    std::string buffer(1 << 20, '\0');
    for (ssize_t size;
         (size = recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;) {
      text_.append(buffer, 0, size);
    }
    return text_;
  }
  void Cut() { Reset(std::move(client_)); }
  // The present connection hears and says nothing any more, as if its host were gone.
  void FallSilent() {
    sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog filter{1, &drop_all};
    REQUIRE(setsockopt(client_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0);
  }
  // How often the present connection was told something, or asked for room, without a line.
  uint32_t BareSegments() const {
    tcp_info info{};
    socklen_t size = sizeof(info);
    REQUIRE(getsockopt(client_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    return info.tcpi_segs_in - info.tcpi_data_segs_in;
  }
  const ScopedFd& client() const { return client_; }

 private:
  int fd() const { return sockets_[0].fd.get(); }

  std::vector<BoundSocket> sockets_;
  ScopedFd client_;
  std::string text_;
};

struct Fixture {
  explicit Fixture(const Endpoint& endpoint, uint64_t queue_bytes = 16 << 20,
                   std::chrono::milliseconds silence = std::chrono::seconds(10)) {
    const DownstreamSpec spec{.label = "a",
                              .transport = Transport::kTcp,
                              .queue_bytes = queue_bytes,
                              .endpoint = endpoint};
    downstream.emplace(loop, spec, DownstreamEvents{[] {}, [this] { ++refused; }}, silence);
  }

  void Send(const std::string& line) {
    Packer packer(1432);
    REQUIRE(packer.Add(line));
    packer.Close();
    REQUIRE(downstream->Send(packer.packets()) == 1);
    ++taken;
  }
  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  const DownstreamCounters& counters() const { return downstream->counters(); }
  void CheckLaw() const {
    CHECK(taken ==
          counters().sent.lines + counters().dropped_lines() + downstream->waiting().lines);
  }

  SteadyClock clock;
  EventLoop loop{clock};
  int refused = 0;
  uint64_t taken = 0;
  std::optional<TcpDownstream> downstream;
};

TEST_CASE("lines reach a server over one connection", "[tcp_downstream]") {
  Server server;
  Fixture f(server.endpoint());
  f.Send("a:1|c");
  f.Send("b:1|c");
  CHECK(f.downstream->waiting().lines == 2);
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(server.Accept());
  f.Send("c:1|c");
  REQUIRE(f.Until([&] { return server.Read() == "a:1|c\nb:1|c\nc:1|c\n"; }));
  CHECK(f.counters().sent == Amount{3, 18, 3});
  CHECK(f.counters().connects == 1);
  f.CheckLaw();
}

TEST_CASE("what waits for a server that is not there arrives when it is", "[tcp_downstream]") {
  uint16_t port;
  Endpoint endpoint;
  {
    Server server;
    port = server.port();
    endpoint = server.endpoint();
  }
  Fixture f(endpoint);
  f.Send("a:1|c");
  REQUIRE(f.Until([&] { return f.refused >= 2; }));
  CHECK(f.counters().connect_failures >= 2);
  Server server(port);
  REQUIRE(f.Until([&] { return server.Accept(); }));
  REQUIRE(f.Until([&] { return server.Read() == "a:1|c\n"; }));
  f.CheckLaw();
}

TEST_CASE("a full queue drops the newest", "[tcp_downstream]") {
  Fixture f{Endpoint(), 20};
  f.Send("1234567:1|c");
  f.Send("1234567:2|c");
  f.Send("1:3|c");
  CHECK(f.downstream->waiting() == Amount{2, 18, 2});
  CHECK(f.counters().dropped_for(DropReason::kQueueFull) == Amount{1, 12, 1});
  f.CheckLaw();
}

TEST_CASE("no connection begins with the second half of a line", "[tcp_downstream]") {
  Server server;
  Fixture f(server.endpoint());
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(server.Accept());
  // More than both sides' buffers hold, in lines of odd lengths, so that one is cut.
  uint64_t number = 0;
  const auto send_one = [&] {
    f.Send(std::to_string(number) + ":" + std::string(1000 + number % 97, 'x') + "|c");
    ++number;
  };
  while (f.downstream->waiting().bytes < (8 << 20)) send_one();
  server.Cut();
  REQUIRE(f.Until([&] { return server.Accept(); }));
  REQUIRE(f.Until([&] {
    server.Read();
    return f.downstream->waiting().lines == 0;
  }));
  REQUIRE(f.Until([&] { return server.Read().ends_with("|c\n"); }));
  const DownstreamCounters& c = f.counters();
  CHECK(c.connects == 2);
  CHECK(c.dropped_lines() == c.dropped_for(DropReason::kCut).lines);
  CHECK(c.dropped_lines() <= 1);
  // Whole lines up to the last one.
  const std::string& text = server.Read();
  uint64_t expected = std::stoull(text);
  size_t begin = 0;
  for (size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1, ++expected) {
    const std::string prefix = std::to_string(expected) + ":x";
    REQUIRE(text.compare(begin, prefix.size(), prefix) == 0);
    REQUIRE(end - begin == prefix.size() - 1 + 1000 + expected % 97 + 2);
  }
  CHECK(begin == text.size());
  CHECK(expected == number);
  f.CheckLaw();
}

TEST_CASE("a server that closes in order is connected to again", "[tcp_downstream]") {
  Server server;
  Fixture f(server.endpoint());
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(server.Accept());
  REQUIRE(shutdown(server.client().get(), SHUT_RDWR) == 0);
  REQUIRE(f.Until([&] { return server.Accept(); }));
  f.Send("a:1|c");
  REQUIRE(f.Until([&] { return server.Read() == "a:1|c\n"; }));
}

TEST_CASE("a server that acknowledges nothing is connected to again", "[tcp_downstream]") {
  Server server;
  Fixture f(server.endpoint(), 16 << 20, std::chrono::seconds(1));
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(server.Accept());
  server.FallSilent();
  f.Send("a:1|c");
  REQUIRE(f.Until([&] { return server.Accept(); }));
  f.Send("b:1|c");
  REQUIRE(f.Until([&] { return server.Read() == "b:1|c\n"; }));
}

TEST_CASE("a server that acknowledges and does not read is waited for", "[tcp_downstream]") {
  Server server;
  Fixture f(server.endpoint(), 16 << 20, std::chrono::seconds(1));
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(server.Accept());
  // More than both sides' buffers hold.
  const std::string line = std::string(1000, 'x') + ":1|c";
  while (f.downstream->waiting().bytes < (8 << 20)) f.Send(line);
  // Asked for room after 200 ms at the earliest, and each time twice as late.
  const uint32_t before = server.BareSegments();
  REQUIRE(f.Until([&] { return server.BareSegments() >= before + 4; }));
  CHECK(f.downstream->connected());
  REQUIRE(f.Until([&] {
    server.Read();
    return f.downstream->waiting().lines == 0;
  }));
  REQUIRE(f.Until([&] { return server.Read().size() == f.taken * (line.size() + 1); }));
  CHECK(f.counters().connects == 1);
  f.CheckLaw();
}

TEST_CASE("what a server says is thrown away", "[tcp_downstream]") {
  Server server;
  Fixture f(server.endpoint());
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(server.Accept());
  weir::Send(server.client(), std::string(100'000, 'x'));
  f.Send("a:1|c");
  REQUIRE(f.Until([&] { return server.Read() == "a:1|c\n"; }));
  CHECK(f.downstream->connected());
}

TEST_CASE("lines go to the new address once there is one", "[tcp_downstream]") {
  Server first;
  Server second;
  Fixture f(first.endpoint());
  REQUIRE(f.Until([&] { return f.downstream->connected(); }));
  REQUIRE(first.Accept());
  f.downstream->SetEndpoint(second.endpoint());
  f.Send("a:1|c");
  REQUIRE(f.Until([&] { return second.Accept(); }));
  REQUIRE(f.Until([&] { return second.Read() == "a:1|c\n"; }));
  CHECK(first.Read().empty());
}

TEST_CASE("what waits at the end is dropped and counted", "[tcp_downstream]") {
  Fixture f{Endpoint()};
  f.Send("a:1|c");
  f.Send("b:1|c");
  f.downstream->GiveUp();
  CHECK(f.counters().dropped_for(DropReason::kDown) == Amount{2, 12, 2});
  CHECK(f.downstream->waiting() == Amount{});
  f.CheckLaw();
}

}  // namespace
}  // namespace weir
