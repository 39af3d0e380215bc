#include "common/takeover_link.h"

#include <sys/stat.h>

#include <thread>

#include "common/memory_file.h"
#include "common/stream_decoder.h"
#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

struct Pair {
  Pair() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    old_one.emplace(ScopedFd(fds[0]));
    new_one.emplace(ScopedFd(fds[1]));
  }
  std::optional<TakeoverLink> old_one;
  std::optional<TakeoverLink> new_one;
};

BoundSocket Tcp() {
  return std::move(OpenTcp(ParseListenAddress("127.0.0.1:0").value()).value().front());
}

bool SameFile(int a, int b) {
  struct stat first, second;
  return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_ino == second.st_ino;
}

TEST_CASE("words come in order, and another word is a disagreement", "[takeover_link]") {
  const Pair pair;
  REQUIRE(pair.old_one->Say("ready"));
  REQUIRE(pair.old_one->Say("go"));
  CHECK(pair.new_one->Expect("ready"));
  CHECK_FALSE(pair.new_one->Expect("web"));
}

TEST_CASE("sockets come with their connections, whatever those had begun", "[takeover_link]") {
  const Pair pair;
  const BoundSocket first = Tcp();
  const BoundSocket second = Tcp();
  const ScopedFd client = Connect(SOCK_STREAM, second.address);
  const std::string long_tail(kMaxLineBytes, '\0');
  std::thread sender([&] {
    pair.old_one->SendSocket(Transport::kTcp, "tcp 127.0.0.1:0", first.fd.get());
    pair.old_one->SendSocket(Transport::kTcp, "", second.fd.get());
    pair.old_one->SendStream(client.get(), {StreamFraming::kLines, true, ""});
    pair.old_one->SendStream(client.get(), {StreamFraming::kFrames, false, long_tail});
    pair.old_one->Say("end");
  });
  auto sockets = pair.new_one->ReceiveSockets();
  sender.join();
  REQUIRE(sockets);
  REQUIRE(sockets->size() == 2);
  CHECK((*sockets)[0].wanted == "tcp 127.0.0.1:0");
  CHECK((*sockets)[0].transport == Transport::kTcp);
  CHECK(SameFile((*sockets)[0].fd.get(), first.fd.get()));
  CHECK((*sockets)[0].streams.empty());
  REQUIRE((*sockets)[1].streams.size() == 2);
  const OpenStream& skipping = (*sockets)[1].streams[0];
  CHECK(SameFile(skipping.fd.get(), client.get()));
  CHECK(skipping.state.skipping);
  CHECK(skipping.state.framing == StreamFraming::kLines);
  CHECK((*sockets)[1].streams[1].state.tail == long_tail);
}

TEST_CASE("a link that breaks or speaks otherwise is an error, not a wait", "[takeover_link]") {
  Pair pair;
  const BoundSocket socket = Tcp();
  SECTION("it is gone") { pair.old_one.reset(); }
  SECTION("a word that is not the end") { REQUIRE(pair.old_one->Say("stop")); }
  SECTION("a connection of no socket") { REQUIRE(pair.old_one->SendStream(socket.fd.get(), {})); }
  SECTION("another thread cancels") { pair.new_one->Cancel(); }
  CHECK_FALSE(pair.new_one->ReceiveSockets());
}

TEST_CASE("state comes as files, from their beginnings on", "[takeover_link]") {
  const Pair pair;
  const std::string bytes(300'000, 'x');
  const ScopedFd first = MakeMemoryFile("first");
  const ScopedFd second = MakeMemoryFile("second");
  REQUIRE(AppendTo(first.get(), bytes));
  REQUIRE(AppendTo(second.get(), "short"));
  REQUIRE(pair.old_one->SendState(first.get()));
  REQUIRE(pair.old_one->SendState(second.get()));
  REQUIRE(pair.old_one->Say("all"));
  const auto files = pair.new_one->ReceiveState(std::chrono::seconds(10));
  REQUIRE(files.size() == 2);
  CHECK(ReadWhole(files[0].get()) == bytes);
  CHECK(ReadWhole(files[1].get()) == "short");
  CHECK_FALSE(ReadWhole(-1));
  CHECK_FALSE(AppendTo(-1, "x"));
}

TEST_CASE("nobody at a path is no error, a path that cannot be is", "[takeover_link]") {
  const TemporaryDirectory directory;
  const auto nobody = TakeoverLink::Connect(directory / "none");
  REQUIRE(nobody);
  CHECK_FALSE(nobody->has_value());
  CHECK_FALSE(TakeoverLink::Connect(std::string(200, 'x')));
  const auto port = OpenUnixPackets(directory / "port", 0600);
  REQUIRE(port);
  const auto link = TakeoverLink::Connect(directory / "port");
  REQUIRE(link);
  CHECK(link->has_value());
}

}  // namespace
}  // namespace weir
