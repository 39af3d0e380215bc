#include "common/console.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr int kDeadlineMs = 20'000;

// A console that answers on a thread of its own while this lives.
class RunningConsole {
 public:
  explicit RunningConsole(ConsoleOptions options = {}) {
    options.listen_address = "127.0.0.1:0";
    auto opened = Console::Open(loop_, options);
    REQUIRE(opened);
    console_ = std::move(*opened);
    console_->Register("stats", [](std::string_view arguments) {
      return "stats: 1 " + std::string(arguments) + "\n";
    });
    console_->Register("huge", [](std::string_view) { return std::string(1 << 20, '#'); });
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~RunningConsole() {
    loop_.Stop();
    thread_.join();
  }

  Console& console() { return *console_; }
  uint16_t port() const { return console_->port(); }
  // Runs on the loop's thread and waits for it.
  template <class Task>
  void OnLoop(Task task) {
    std::promise<void> done;
    loop_.Post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  SteadyClock clock_;
  EventLoop loop_{clock_};
  std::unique_ptr<Console> console_;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(const RunningConsole& running) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(running.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Client& Send(std::string_view bytes) {
    CHECK(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
    return *this;
  }
  void HalfClose() { shutdown(fd_, SHUT_WR); }

  // Exactly `size` bytes, or fewer when the connection closes.
  std::string Read(size_t size) {
    std::string all;
    char buffer[4096];
    pollfd poll_fd{fd_, POLLIN, 0};
    while (all.size() < size && poll(&poll_fd, 1, kDeadlineMs) == 1) {
      const ssize_t count = recv(fd_, buffer, std::min(sizeof(buffer), size - all.size()), 0);
      if (count <= 0) break;
      all.append(buffer, static_cast<size_t>(count));
    }
    return all;
  }
  std::string Ask(std::string_view request, std::string_view expected) {
    Send(request);
    return Read(expected.size());
  }
  bool Closes() {
    char byte;
    pollfd poll_fd{fd_, POLLIN, 0};
    return poll(&poll_fd, 1, kDeadlineMs) == 1 && recv(fd_, &byte, 1, 0) <= 0;
  }

 private:
  const int fd_;
};

const std::string kUp = "health: up\n";
const std::string kDown = "health: down\n";
const std::string kError = "ERROR\n";

}  // namespace

TEST_CASE("the probes of all known routers are answered", "[console]") {
  const RunningConsole running;
  const std::string request = GENERATE("health", "health\n", "health\r\n");
  CAPTURE(request);
  Client client(running);
  for (int i = 0; i < 3; ++i) CHECK(client.Ask(request, kUp) == kUp);
}

TEST_CASE("health can be set and keeps what was set", "[console]") {
  const RunningConsole running;
  Client client(running);
  CHECK(client.Ask("health down\n", kDown) == kDown);
  CHECK(client.Ask("health foo\n", kDown) == kDown);
  CHECK(Client(running).Ask("health", kDown) == kDown);
  CHECK(client.Ask("health UP\n", kUp) == kUp);
}

TEST_CASE("health is down while the program says so", "[console]") {
  RunningConsole running;
  bool healthy = true;
  running.OnLoop([&] { running.console().SetHealthCheck([&healthy] { return healthy; }); });
  Client client(running);
  CHECK(client.Ask("health\n", kUp) == kUp);
  running.OnLoop([&healthy] { healthy = false; });
  CHECK(client.Ask("health\n", kDown) == kDown);
  CHECK(client.Ask("health up\n", kDown) == kDown);
}

TEST_CASE("commands are matched in any case and get their arguments", "[console]") {
  const RunningConsole running;
  Client client(running);
  CHECK(client.Ask("PING\r\n", "pong\n") == "pong\n");
  CHECK(client.Ask("  Stats  a B \r\n", "stats: 1 a B\n") == "stats: 1 a B\n");
  const std::string help = "Commands: health, help, huge, ping, quit, stats\n\n";
  CHECK(client.Ask("help\n", help) == help);
}

TEST_CASE("what is unknown or empty is an error and the connection lives on", "[console]") {
  const RunningConsole running;
  Client client(running);
  for (const char* line : {"\n", "\r\n", "unknown\n", "healthy\n", "\x01\xFF\n", "%s%n\n"}) {
    CHECK(client.Ask(line, kError) == kError);
  }
  CHECK(client.Ask("ping\n", "pong\n") == "pong\n");
}

TEST_CASE("several commands in one segment are answered in turn", "[console]") {
  const RunningConsole running;
  Client client(running);
  const std::string replies = kUp + "pong\n" + kError + kDown + "stats: 1 \n";
  CHECK(client.Ask("health\nping\r\n\nhealth down\nstats", replies) == replies);
}

TEST_CASE("a line may come byte by byte", "[console]") {
  const RunningConsole running;
  Client client(running);
  // "stat" and shorter are no commands; the line end after "stats" is not one more line.
  for (const char byte : std::string_view("stats\r\n")) client.Send(std::string_view(&byte, 1));
  CHECK(client.Read(10) == "stats: 1 \n");
  CHECK(client.Ask("ping\n", "pong\n") == "pong\n");
}

TEST_CASE("a line of 4 KiB is read, a longer one closes", "[console]") {
  const RunningConsole running;
  const std::string longest = "stats " + std::string(4090, 'x');
  const std::string reply = "stats: 1 " + std::string(4090, 'x') + "\n";
  Client fits(running);
  CHECK(fits.Ask(longest + "\n", reply) == reply);
  CHECK(fits.Ask("ping\n", "pong\n") == "pong\n");

  Client too_long(running);
  CHECK(too_long.Ask(longest + "x\n", kError) == kError);
  CHECK(too_long.Closes());
  Client endless(running);
  CHECK(endless.Ask(std::string(4097, 'x'), kError) == kError);
  CHECK(endless.Closes());
}

TEST_CASE("quit closes after what came before it", "[console]") {
  const RunningConsole running;
  Client client(running);
  CHECK(client.Ask("ping\nquit\nping\n", "pong\n") == "pong\n");
  CHECK(client.Closes());
}

TEST_CASE("a half-closed connection still gets its answers", "[console]") {
  const RunningConsole running;
  Client client(running);
  client.Send("ping\nunfinis");
  client.HalfClose();
  CHECK(client.Read(11) == "pong\nERROR\n");
  CHECK(client.Closes());

  Client silent(running);
  silent.HalfClose();
  CHECK(silent.Closes());
}

TEST_CASE("connections that only come and go are harmless", "[console]") {
  const RunningConsole running;
  for (int i = 0; i < 200; ++i) Client client(running);
  CHECK(Client(running).Ask("health", kUp) == kUp);
}

TEST_CASE("a client that does not read makes only itself wait", "[console]") {
  const RunningConsole running;
  Client slow(running);
  constexpr int kCommands = 40;
  for (int i = 0; i < kCommands; ++i) slow.Send("huge\n");
  for (int i = 0; i < 20; ++i) CHECK(Client(running).Ask("health", kUp) == kUp);
  slow.Send("ping\n");
  const size_t size = size_t{kCommands} << 20;
  const std::string replies = slow.Read(size + 5);
  CHECK(replies.size() == size + 5);
  CHECK(replies.ends_with("#pong\n"));
}

TEST_CASE("idle connections cannot lock a probe out", "[console]") {
  const RunningConsole running({.max_connections = 4});
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<Client>(running));
    CHECK(idle.back()->Ask("ping\n", "pong\n") == "pong\n");
  }
  CHECK(idle[0]->Ask("ping\n", "pong\n") == "pong\n");
  Client probe(running);
  CHECK(probe.Ask("health", kUp) == kUp);
  CHECK(idle[1]->Closes());
  CHECK(idle[0]->Ask("ping\n", "pong\n") == "pong\n");
}

TEST_CASE("an idle connection is closed after the timeout", "[console]") {
  const RunningConsole running({.idle_timeout = std::chrono::milliseconds(1)});
  Client client(running);
  CHECK(client.Ask("ping\n", "pong\n") == "pong\n");
  CHECK(client.Closes());
}

TEST_CASE("an address that cannot be had is one clear line", "[console]") {
  const RunningConsole running;
  SteadyClock clock;
  EventLoop loop(clock);
  const std::string busy = "127.0.0.1:" + std::to_string(running.port());
  const auto second = Console::Open(loop, {.listen_address = busy});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find(busy) != std::string::npos);
  const auto bad = Console::Open(loop, {.listen_address = "8126"});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("bad admin listening address: 8126") == 0);
}

}  // namespace weir
