// The text console, over a real connection: whatever a client sends, in whatever pieces, commands
// are answered, nothing waits for ever, and the next client is served.
#include "common/console.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "common/clock.h"
#include "common/scoped_fd.h"
#include "tests/fuzz/fuzz.h"

namespace weir {
namespace {

struct Served {
  Served() {
    auto opened = Console::Open(loop, {.listen_address = "127.0.0.1:0"}, health);
    FUZZ_CHECK(opened.has_value());
    console = std::move(*opened);
    console->Register("stats", [](std::string_view arguments) {
      return Console::Reply(std::string(arguments) + "\nEND\n");
    });
    // More than may wait for a client that does not read.
    console->Register("much", [](std::string_view) { return std::string(70'000, 'm'); });
  }

  void Turn() {
    loop.Post([] {});  // so that it does not wait
    loop.Turn();
  }

  SteadyClock clock;
  EventLoop loop{clock};
  ServiceHealth health{[] { return true; }};
  std::unique_ptr<Console> console;
};

Served& TheServed() {
  static Served served;
  return served;
}

class Client {
 public:
  explicit Client(uint16_t port) {
    const sockaddr_in to = {.sin_family = AF_INET,
                            .sin_port = htons(port),
                            .sin_addr = {htonl(INADDR_LOOPBACK)},
                            .sin_zero = {}};
    // A port rests for a minute after use, on either side, and there are hundreds of these a
    // second.
    static uint32_t clients = 0;
    bool connected = false;
    for (int attempt = 0; attempt < 100 && !connected; ++attempt) {
      fd_ = ScopedFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in from = {.sin_family = AF_INET,
                                .sin_port = 0,
                                .sin_addr = {htonl(INADDR_LOOPBACK + ++clients % 250)},
                                .sin_zero = {}};
      FUZZ_CHECK(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0);
      connected = connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    FUZZ_CHECK(connected);
  }

  void Send(std::string_view bytes) {
    [[maybe_unused]] const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void End() { shutdown(fd_.get(), SHUT_WR); }

  // Whether the connection was closed; what came is appended.
  bool Read(std::string* text) {
    char buffer[65'536];
    while (true) {
      const ssize_t count = recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count == 0) return true;
      if (count < 0) return errno != EAGAIN;
      text->append(buffer, static_cast<size_t>(count));
    }
  }

 private:
  ScopedFd fd_;
};

}  // namespace

FUZZ(console) {
  Choices choices(&input);
  if (input.size() > 16'000) return;
  Served& served = TheServed();
  // Without an answer to what is unknown, it closes.
  served.console->SetUnknownReply(choices.Bit() ? Console::Reply() : "ERROR\n");
  Client client(served.console->port());
  std::string answers;
  bool closed = false;
  while (!input.empty() && !closed) {
    const size_t wanted = size_t{1} + choices.Byte() % 64;
    const size_t size = std::min(wanted, input.size());
    client.Send(input.substr(0, size));
    input.remove_prefix(size);
    served.Turn();
    closed = client.Read(&answers);
  }
  client.End();
  // A client that has ended is answered and let go, in so many turns.
  for (int turn = 0; turn < 2000 && !closed; ++turn) {
    served.Turn();
    closed = client.Read(&answers);
  }
  FUZZ_CHECK(closed);
}

}  // namespace weir
