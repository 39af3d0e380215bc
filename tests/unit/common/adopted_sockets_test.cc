#include "common/adopted_sockets.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

using Passed = std::vector<AdoptedSockets::Passed>;

std::vector<BoundSocket> Udp(std::string_view address, int sockets = 1) {
  return std::move(OpenUdp(ParseListenAddress(address).value(), {.sockets = sockets}).value());
}
std::vector<BoundSocket> Tcp(std::string_view address) {
  return std::move(OpenTcp(ParseListenAddress(address).value()).value());
}

void Pass(Passed* passed, std::vector<BoundSocket> sockets, const std::string& name = "x.socket") {
  for (BoundSocket& socket : sockets) passed->push_back({std::move(socket.fd), name});
}

AdoptedSockets Adopt(Passed passed) {
  auto adopted = AdoptedSockets::Of(std::move(passed));
  REQUIRE(adopted);
  return std::move(*adopted);
}

std::string ErrorOf(Passed passed) {
  const auto adopted = AdoptedSockets::Of(std::move(passed));
  REQUIRE_FALSE(adopted);
  return adopted.error().message;
}

bool Says(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

int ReadBufferOf(int fd) {
  int size = 0;
  socklen_t length = sizeof(size);
  REQUIRE(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0);
  return size;
}

TEST_CASE("a passed socket is found by its kind and its address", "[adopted_sockets]") {
  auto udp = Udp("127.0.0.1:0");
  const std::string address = udp[0].address;
  const int fd = udp[0].fd.get();
  Passed passed;
  Pass(&passed, std::move(udp));
  AdoptedSockets adopted = Adopt(std::move(passed));

  CHECK(adopted.Take("x", Transport::kTcp, address).empty());
  CHECK(adopted.Take("x", Transport::kUdp, "127.0.0.1:1").empty());
  CHECK(adopted.Take("x", Transport::kUdp, "127.0.0.1:0").empty());
  CHECK(adopted.Take("x", Transport::kUdp, "no address").empty());
  const auto taken = adopted.Take("x", Transport::kUdp, address);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].fd.get() == fd);
  CHECK(taken[0].address == address);
  CHECK(taken[0].transport == Transport::kUdp);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(adopted.Take("x", Transport::kUdp, address).empty());
  CHECK(adopted.ExpectNone());
}

TEST_CASE("every way to write all interfaces finds a socket on all of them", "[adopted_sockets]") {
  for (const std::string host : {"", "0.0.0.0", "[::]"}) {
    auto udp = Udp(":0");
    const uint16_t port = SocketAddress::OfSocket(udp[0].fd.get()).port();
    auto loopback = Udp("127.0.0.1:0");
    const uint16_t other = SocketAddress::OfSocket(loopback[0].fd.get()).port();
    Passed passed;
    Pass(&passed, std::move(udp));
    Pass(&passed, std::move(loopback));
    AdoptedSockets adopted = Adopt(std::move(passed));
    CHECK(adopted.Take("x", Transport::kUdp, host + ":" + std::to_string(port)).size() == 1);
    CHECK(adopted.Take("x", Transport::kUdp, host + ":" + std::to_string(other)).empty());
  }
}

TEST_CASE("a named host finds a socket on its address", "[adopted_sockets]") {
  auto tcp = Tcp("127.0.0.1:0");
  const uint16_t port = SocketAddress::OfSocket(tcp[0].fd.get()).port();
  Passed passed;
  Pass(&passed, std::move(tcp));
  AdoptedSockets adopted = Adopt(std::move(passed));
  CHECK(adopted.Take("x", Transport::kTcp, "localhost:" + std::to_string(port)).size() == 1);
}

TEST_CASE("all sockets of a port are taken at once", "[adopted_sockets]") {
  auto group = Udp("127.0.0.1:0", 3);
  const std::string address = group[0].address;
  Passed passed;
  Pass(&passed, std::move(group));
  AdoptedSockets adopted = Adopt(std::move(passed));
  CHECK(adopted.Take("x", Transport::kUdp, address).size() == 3);
}

TEST_CASE("a unix socket keeps its file, and its kind tells it from another", "[adopted_sockets]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  const std::string abstract = "@" + path;
  auto stream = OpenUnixStream(path, 0755);
  auto datagrams = OpenUnixDatagram(abstract, 0755);
  REQUIRE(stream);
  REQUIRE(datagrams);
  // A service manager does not remove it either.
  const ScopedFd second(dup(stream->fd.get()));
  {
    Passed passed;
    passed.push_back({std::move(stream->fd), "s.socket"});
    passed.push_back({std::move(datagrams->fd), "d.socket"});
    AdoptedSockets adopted = Adopt(std::move(passed));
    CHECK(adopted.Take("x", Transport::kUnixgram, path).empty());
    CHECK(adopted.Take("x", Transport::kUnixStream, path).size() == 1);
    const auto taken = adopted.Take("x", Transport::kUnixgram, abstract);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].address == abstract);
  }
  struct stat status;
  CHECK(stat(path.c_str(), &status) == 0);
}

TEST_CASE("a signed listener takes a UDP socket", "[adopted_sockets]") {
  auto udp = Udp("127.0.0.1:0");
  const std::string address = udp[0].address;
  Passed passed;
  Pass(&passed, std::move(udp));
  AdoptedSockets adopted = Adopt(std::move(passed));
  const auto taken = adopted.Take("x", Transport::kSignedUdp, address);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].transport == Transport::kSignedUdp);
}

TEST_CASE("a receive buffer grows, but is never made smaller", "[adopted_sockets]") {
  const int own = ReadBufferOf(Udp("127.0.0.1:0")[0].fd.get());
  for (const int wanted : {own / 8, own}) {
    auto udp = Udp("127.0.0.1:0");
    const std::string address = udp[0].address;
    Passed passed;
    Pass(&passed, std::move(udp));
    const auto taken = Adopt(std::move(passed)).Take("x", Transport::kUdp, address, wanted);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].granted_read_buffer == ReadBufferOf(taken[0].fd.get()));
    CHECK(taken[0].granted_read_buffer >= own);
    // Without privilege as much again is granted only where the kernel's bound allows it.
    if (wanted < own) CHECK(taken[0].granted_read_buffer == own);
  }
}

TEST_CASE("what nobody asked for is told by its address and its name", "[adopted_sockets]") {
  auto udp = Udp("127.0.0.1:0");
  const std::string address = udp[0].address;
  Passed passed;
  Pass(&passed, std::move(udp), "weir.socket");
  const AdoptedSockets adopted = Adopt(std::move(passed));
  const auto none = adopted.ExpectNone();
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "nothing listens on what was passed: udp " + address +
                                    " (weir.socket) (give the same addresses here and in the "
                                    ".socket unit)");
  CHECK(adopted.Explain({"in use"}).message ==
        "in use; passed, and not asked for so far: udp " + address + " (weir.socket)");
  CHECK(AdoptedSockets().ExpectNone());
  CHECK(AdoptedSockets().Explain({"in use"}).message == "in use");
}

TEST_CASE("what a predecessor hands over is found by what it was configured as",
          "[adopted_sockets]") {
  std::vector<BoundSocket> handed;
  for (const char* purpose : {"udp", "udp", "signed", "other"}) {
    handed.push_back(std::move(Udp("127.0.0.1:0").front()));
    handed.back().wanted = WantedAs(purpose, "127.0.0.1:0");
  }
  handed[2].transport = Transport::kSignedUdp;
  const std::string first = handed[0].address;
  const std::string other = handed[3].address;
  auto adopted = AdoptedSockets::Of(std::move(handed));
  REQUIRE(adopted);
  CHECK(adopted->handed());
  CHECK(adopted->Has("udp", Transport::kUdp, "127.0.0.1:0"));
  CHECK_FALSE(adopted->Has("tcp", Transport::kTcp, "127.0.0.1:0"));
  CHECK(adopted->Take("signed", Transport::kUdp, "127.0.0.1:0").empty());
  CHECK(adopted->Take("signed", Transport::kSignedUdp, "127.0.0.1:0").size() == 1);
  // Two listeners that were configured alike are two.
  const auto taken = adopted->Take("udp", Transport::kUdp, "127.0.0.1:0");
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].address == first);
  CHECK(adopted->Take("udp", Transport::kUdp, "127.0.0.1:0").size() == 1);
  // Under another name it is found by where it is bound.
  CHECK(adopted->Take("udp", Transport::kUdp, other).size() == 1);
  CHECK(adopted->ExpectNone());
}

TEST_CASE("what is no socket to listen on is refused with its name", "[adopted_sockets]") {
  Passed file;
  file.push_back({ScopedFd(open("/dev/null", O_RDONLY | O_CLOEXEC)), "null.socket"});
  CHECK(Says(ErrorOf(std::move(file)), "(null.socket) is neither a UDP, a TCP"));

  auto tcp = Tcp("127.0.0.1:0");
  Passed connection;
  connection.push_back({Connect(SOCK_STREAM, tcp[0].address), "c.socket"});
  CHECK(Says(ErrorOf(std::move(connection)), "write Accept=no"));
}

}  // namespace
}  // namespace weir
