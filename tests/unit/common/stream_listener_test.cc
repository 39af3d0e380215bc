#include "common/stream_listener.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <memory>

#include "common/source_list.h"
#include "common/takeover_link.h"
#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/recording_sink.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

struct Receiving {
  explicit Receiving(BoundSocket socket) : fd(socket.fd.get()) {
    listener = Attach(loop, slots, std::move(socket), sink);
  }
  explicit Receiving(std::string_view address = "127.0.0.1:0")
      : Receiving(std::move(OpenTcp(ParseListenAddress(address).value())->front())) {}

  ScopedFd Client() { return Connect(SOCK_STREAM, listener->address()); }
  const ListenerCounters& counters() const { return listener->counters(); }
  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  bool UntilClosed() {
    return Until([&] { return counters().connections > 0 && counters().open_connections == 0; });
  }
  // Sends all while the loop reads.
  bool SendAll(const ScopedFd& client, std::string_view bytes) {
    return Until([&] {
      bytes.remove_prefix(SendSome(client, bytes));
      return bytes.empty();
    });
  }

  SteadyClock clock;
  EventLoop loop{clock};
  ReceiveSlots slots{loop};
  RecordingSink sink;
  const int fd;
  std::unique_ptr<Listener> listener;
};

TEST_CASE("lines arrive over IPv4 and IPv6, CR and all", "[stream_listener]") {
  for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
    if (address[0] == '[' && !HasIpv6()) continue;
    Receiving receiving(address);
    CHECK(receiving.listener->transport() == Transport::kTcp);
    const ScopedFd client = receiving.Client();
    Send(client, "a:1|c\nb:2|c\r\n\n");
    REQUIRE(receiving.Until([&] { return receiving.sink.stream_text == "a:1|c\nb:2|c\r\n\n"; }));
    CHECK(receiving.sink.last_transport == Transport::kTcp);
    CHECK(receiving.sink.batch_ends > 0);
    CHECK(receiving.counters().bytes == 14);
    CHECK(receiving.counters().connections == 1);
    CHECK(receiving.counters().open_connections == 1);
    CHECK(receiving.listener->KernelDrops() == 0);
  }
}

TEST_CASE("with a list of sources other connections are closed and counted", "[stream_listener]") {
  BoundSocket socket = std::move(OpenTcp(ParseListenAddress("0.0.0.0:0").value())->front());
  const std::string port = socket.address.substr(socket.address.rfind(':'));
  auto sources = std::make_shared<SourceList>();
  REQUIRE(sources->Add("127.0.0.2"));
  socket.admission.sources = sources;
  Receiving receiving(std::move(socket));
  const ScopedFd stranger = Connect(SOCK_STREAM, "127.0.0.1" + port);
  const ScopedFd client = Connect(SOCK_STREAM, "127.0.0.1" + port, "127.0.0.2");
  Send(client, "good:1|c\n");
  REQUIRE(receiving.Until([&] {
    return receiving.counters().rejected[static_cast<size_t>(Rejection::kSource)] == 1 &&
           receiving.sink.stream_text == "good:1|c\n";
  }));
  char byte;
  CHECK(recv(stranger.get(), &byte, 1, 0) == 0);
  CHECK(receiving.counters().connections == 1);
  CHECK(receiving.counters().open_connections == 1);
}

TEST_CASE("a stream sent byte by byte is one stream", "[stream_listener]") {
  Receiving receiving;
  const ScopedFd client = receiving.Client();
  const int now = 1;
  REQUIRE(setsockopt(client.get(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &now, sizeof(now)) == 0);
  const std::string text = "a:1|c\nbb:22|g\r\nccc:3|ms\n";
  uint64_t sent = 0;
  for (const char& byte : text) {
    Send(client, {&byte, 1});
    ++sent;
    REQUIRE(receiving.Until([&] { return receiving.counters().bytes == sent; }));
  }
  CHECK(receiving.sink.streams == std::vector<std::string>{"a:1|c\n", "bb:22|g\r\n", "ccc:3|ms\n"});
}

TEST_CASE("an unterminated last line arrives when the client closes", "[stream_listener]") {
  Receiving receiving;
  Send(receiving.Client(), "a:1|c\nlast:2|c");
  REQUIRE(receiving.UntilClosed());
  CHECK(receiving.sink.stream_text == "a:1|c\nlast:2|c");
  CHECK(receiving.counters().connection_errors == 0);
  CHECK(receiving.counters().unfinished_lines == 0);
}

TEST_CASE("a reset is a connection error and loses only the unfinished line", "[stream_listener]") {
  Receiving receiving;
  ScopedFd client = receiving.Client();
  Send(client, "a:1|c\nb:12");
  REQUIRE(receiving.Until([&] { return receiving.counters().pending_bytes == 4; }));
  Reset(std::move(client));
  REQUIRE(receiving.UntilClosed());
  CHECK(receiving.sink.stream_text == "a:1|c\n");
  CHECK(receiving.counters().connection_errors == 1);
  CHECK(receiving.counters().unfinished_lines == 1);
  CHECK(receiving.counters().pending_bytes == 0);
  CHECK(receiving.listener->open());
}

TEST_CASE("a line beyond 64 KiB is dropped and the connection lives on", "[stream_listener]") {
  for (const size_t size : {kMaxLineBytes - 1, kMaxLineBytes, kMaxLineBytes + 1}) {
    Receiving receiving;
    const ScopedFd client = receiving.Client();
    const std::string line = std::string(size, 'x') + "\n";
    REQUIRE(receiving.SendAll(client, "before\n" + line + "after\n"));
    REQUIRE(receiving.Until([&] { return receiving.sink.stream_text.ends_with("after\n"); }));
    const bool fits = size <= kMaxLineBytes;
    CHECK(receiving.sink.stream_text == (fits ? "before\n" + line + "after\n" : "before\nafter\n"));
    CHECK(receiving.counters().too_long_lines == (fits ? 0 : 1));
    CHECK(receiving.counters().open_connections == 1);
  }
}

TEST_CASE("many connections at once keep their lines apart", "[stream_listener]") {
  constexpr int kClients = 200;
  Receiving receiving;
  std::vector<ScopedFd> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(receiving.Client());
    Send(clients.back(), "client" + std::to_string(i));
  }
  REQUIRE(receiving.Until([&] { return receiving.counters().open_connections == kClients; }));
  for (int i = kClients - 1; i >= 0; --i) Send(clients[i], ":" + std::to_string(i) + "|c\n");
  clients.clear();
  REQUIRE(receiving.UntilClosed());
  CHECK(receiving.counters().connections == kClients);
  size_t length = 0;
  for (int i = 0; i < kClients; ++i) {
    const std::string line = "client" + std::to_string(i) + ":" + std::to_string(i) + "|c\n";
    CHECK(receiving.sink.stream_text.find(line) != std::string::npos);
    length += line.size();
  }
  CHECK(receiving.sink.stream_text.size() == length);
}

TEST_CASE("a drain takes what waits in the kernel and ends every connection", "[stream_listener]") {
  Receiving receiving;
  const ScopedFd accepted = receiving.Client();
  REQUIRE(receiving.Until([&] { return receiving.counters().open_connections == 1; }));
  Send(accepted, "a:1|c\nhalf");
  const ScopedFd waiting = receiving.Client();
  Send(waiting, "b:1|c\n");
  Send(receiving.Client(), "c:1|c\nlast:1|c");
  receiving.listener->Drain();
  std::string text = receiving.sink.stream_text;
  CHECK(text.find("a:1|c\n") != text.npos);
  CHECK(text.find("b:1|c\n") != text.npos);
  CHECK(text.find("c:1|c\nlast:1|c") != text.npos);
  CHECK(text.find("half") == text.npos);
  CHECK(receiving.counters().connections == 3);
  CHECK(receiving.counters().open_connections == 0);
  CHECK(receiving.counters().unfinished_lines == 1);
}

TEST_CASE("without descriptors accepting pauses and goes on later", "[stream_listener]") {
  Receiving receiving;
  const ScopedFd client = receiving.Client();
  Send(client, "a:1|c\n");
  rlimit before;
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const ScopedFd lowest(dup(client.get()));
  rlimit none = before;
  none.rlim_cur = lowest.get() + 1;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto begin = std::chrono::steady_clock::now();
  int turns = 0;
  const bool failed = receiving.Until([&] { return ++turns > 20; });
  const uint64_t errors = receiving.counters().accept_errors;
  const auto pauses = (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(100);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(failed);
  CHECK(errors > 0);
  CHECK(errors <= static_cast<uint64_t>(pauses) + 1);  // no spinning
  CHECK(receiving.counters().connections == 0);
  REQUIRE(receiving.Until([&] { return receiving.sink.stream_text == "a:1|c\n"; }));
  CHECK(receiving.listener->open());
}

TEST_CASE("the last descriptors are left to the rest of the program", "[stream_listener]") {
  Receiving receiving;
  std::vector<ScopedFd> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(receiving.Client());
  rlimit before;
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int lowest = ScopedFd(dup(clients[0].get())).get();
  rlimit few = before;
  few.rlim_cur = lowest + 30;
  ScopedFd low(dup(clients[0].get()));
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const auto paused_again = [&] {
    const uint64_t before_that = receiving.counters().accept_errors;
    return receiving.Until([&] { return receiving.counters().accept_errors > before_that + 1; });
  };
  bool paused = paused_again();
  const uint64_t connections = receiving.counters().connections;
  // A low descriptor that somebody frees lets one in, not one each time.
  low = ScopedFd();
  paused = paused && paused_again();
  const uint64_t more = receiving.counters().connections - connections;
  const ScopedFd page(dup(clients[0].get()));
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(paused);
  CHECK(more == 1);
  CHECK(page.valid());
  CHECK(receiving.counters().connections > 0);
  CHECK(receiving.counters().connections < 30);
  REQUIRE(receiving.Until([&] { return receiving.counters().connections == 40; }));
}

TEST_CASE("a stream listener whose socket died says so", "[stream_listener]") {
  Receiving receiving;
  const ScopedFd other(open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(dup2(other.get(), receiving.fd) == receiving.fd);
  receiving.listener->Drain();
  CHECK_FALSE(receiving.listener->open());
}

TEST_CASE("a unix stream carries text or frames, each connection its own", "[stream_listener]") {
  const TemporaryDirectory directory;
  Receiving receiving(OpenUnixStream(directory / "s", 0755).value());
  const ScopedFd text = ConnectUnix(SOCK_STREAM, directory / "s");
  const ScopedFd frames = ConnectUnix(SOCK_STREAM, directory / "s");
  Send(text, "st:1|c\n");
  // A frame in single bytes.
  for (const char& byte : std::string("\x07\0\0\0st:1|c\n", 11)) Send(frames, {&byte, 1});
  REQUIRE(receiving.Until([&] {
    return receiving.sink.stream_text == "st:1|c\n" && receiving.sink.datagrams.size() == 1;
  }));
  CHECK(receiving.sink.datagrams[0] == "st:1|c\n");
  CHECK(receiving.sink.last_transport == Transport::kUnixStream);
  CHECK(receiving.counters().datagrams == 1);
}

TEST_CASE("a broken frame ends its connection only", "[stream_listener]") {
  const TemporaryDirectory directory;
  Receiving receiving(OpenUnixStream(directory / "s", 0755).value());
  const ScopedFd text = ConnectUnix(SOCK_STREAM, directory / "s");
  const ScopedFd frames = ConnectUnix(SOCK_STREAM, directory / "s");
  REQUIRE(receiving.Until([&] { return receiving.counters().open_connections == 2; }));
  Send(frames, std::string("\x01\0\0\0x\0\0\0\0", 9));
  REQUIRE(receiving.Until([&] { return receiving.counters().open_connections == 1; }));
  CHECK(receiving.sink.datagrams == std::vector<std::string>{"x"});
  CHECK(receiving.counters().bad_frames == 1);
  char byte;
  CHECK(recv(frames.get(), &byte, 1, 0) == 0);
  Send(text, "still:1|c\n");
  CHECK(receiving.Until([&] { return receiving.sink.stream_text == "still:1|c\n"; }));
}

// What a successor gets of it.
BoundSocket Shared(const Listener& listener) {
  int fds[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
  const TakeoverLink from{ScopedFd(fds[0])};
  const TakeoverLink to{ScopedFd(fds[1])};
  REQUIRE(listener.Share(from));
  REQUIRE(from.Say("end"));
  auto sockets = to.ReceiveSockets();
  REQUIRE(sockets);
  REQUIRE(sockets->size() == 1);
  return std::move(sockets->front());
}

TEST_CASE("a connection goes on in another listener where it was paused", "[stream_listener]") {
  Receiving first;
  const ScopedFd client = first.Client();
  Send(client, "a:1|c\nb:2");
  REQUIRE(first.Until([&] { return first.counters().pending_bytes == 3; }));
  first.listener->Pause();

  BoundSocket socket = Shared(*first.listener);
  first.listener->Leave();
  CHECK(first.counters().unfinished_lines == 0);
  CHECK(first.counters().pending_bytes == 0);
  CHECK(first.counters().open_connections == 0);
  first.listener->Drain();
  CHECK(first.listener->open());

  Receiving second(std::move(socket));
  CHECK(second.counters().open_connections == 1);
  CHECK(second.counters().connections == 0);
  CHECK(second.counters().pending_bytes == 3);
  Send(client, "|c\n");
  REQUIRE(second.Until([&] { return second.sink.stream_text == "b:2|c\n"; }));
  const ScopedFd another = Connect(SOCK_STREAM, first.listener->address());
  Send(another, "c:3|c\n");
  REQUIRE(second.Until([&] { return second.sink.stream_text == "b:2|c\nc:3|c\n"; }));
}

TEST_CASE("connections of a predecessor are asked where they come from", "[stream_listener]") {
  Receiving first("0.0.0.0:0");
  const std::string address = first.listener->address();
  const std::string port = address.substr(address.rfind(':'));
  const ScopedFd stranger = Connect(SOCK_STREAM, "127.0.0.1" + port);
  const ScopedFd client = Connect(SOCK_STREAM, "127.0.0.1" + port, "127.0.0.2");
  REQUIRE(first.Until([&] { return first.counters().open_connections == 2; }));
  first.listener->Pause();
  BoundSocket socket = Shared(*first.listener);
  first.listener->Leave();

  auto sources = std::make_shared<SourceList>();
  REQUIRE(sources->Add("127.0.0.2"));
  socket.admission.sources = sources;
  Receiving second(std::move(socket));
  CHECK(second.counters().open_connections == 1);
  CHECK(second.counters().rejected[static_cast<size_t>(Rejection::kSource)] == 1);
  char byte;
  CHECK(recv(stranger.get(), &byte, 1, MSG_DONTWAIT) == 0);
  Send(client, "good:1|c\n");
  REQUIRE(second.Until([&] { return second.sink.stream_text == "good:1|c\n"; }));
}

TEST_CASE("a paused listener reads nothing until it resumes", "[stream_listener]") {
  Receiving receiving;
  const ScopedFd client = receiving.Client();
  Send(client, "a:1|c\n");
  REQUIRE(receiving.Until([&] { return receiving.sink.stream_text == "a:1|c\n"; }));
  receiving.listener->Pause();
  Send(client, "b:2|c\n");
  const ScopedFd other = receiving.Client();
  Send(other, "c:3|c\n");
  bool turned = false;
  receiving.loop.Post([&] { turned = true; });
  REQUIRE(receiving.Until([&] { return turned; }));
  CHECK(receiving.counters().connections == 1);
  CHECK(receiving.sink.stream_text == "a:1|c\n");
  receiving.listener->Resume();
  REQUIRE(receiving.Until([&] { return receiving.counters().bytes == 18; }));
}

}  // namespace
}  // namespace weir
