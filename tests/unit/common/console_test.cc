#include "common/console.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/running_console.h"

namespace weir {
namespace {

// A console with two commands more.
class TestConsole {
 public:
  explicit TestConsole(
      const ConsoleOptions& options = {},
      const std::function<void(Console&)>& set_up = [](Console&) {})
      : running_(options, health_, [&](Console& console) {
          console.Register("stats", [](std::string_view arguments) {
            return "stats: 1 " + std::string(arguments) + "\n";
          });
          console.Register("huge", [](std::string_view) { return std::string(1 << 20, '#'); });
          set_up(console);
        }) {}

  operator const RunningConsole&() const { return running_; }
  ServiceHealth& health() { return health_; }
  void SetWell(bool well) { well_ = well; }

 private:
  std::atomic<bool> well_{true};
  ServiceHealth health_{[this] { return well_.load(); }};
  const RunningConsole running_;
};

using Client = ConsoleClient;

const std::string kUp = "health: up\n";
const std::string kDown = "health: down\n";
const std::string kError = "ERROR\n";

}  // namespace

TEST_CASE("the probes of all known routers are answered", "[console]") {
  const TestConsole running;
  const std::string request = GENERATE("health", "health\n", "health\r\n");
  CAPTURE(request);
  Client client(running);
  for (int i = 0; i < 3; ++i) CHECK(client.Ask(request, kUp) == kUp);
}

TEST_CASE("health can be set and keeps what was set", "[console]") {
  const TestConsole running;
  Client client(running);
  CHECK(client.Ask("health down\n", kDown) == kDown);
  CHECK(client.Ask("health foo\n", kDown) == kDown);
  CHECK(Client(running).Ask("health", kDown) == kDown);
  CHECK(client.Ask("health UP\n", kUp) == kUp);
}

TEST_CASE("health is down while the program says so", "[console]") {
  TestConsole running;
  Client client(running);
  CHECK(client.Ask("health\n", kUp) == kUp);
  running.SetWell(false);
  CHECK(client.Ask("health\n", kDown) == kDown);
  CHECK(client.Ask("health up\n", kDown) == kDown);
}

TEST_CASE("health is shared with who else sets or tells it", "[console]") {
  TestConsole running;
  Client client(running);
  CHECK(client.Ask("health down\n", kDown) == kDown);
  CHECK_FALSE(running.health().up());
  running.health().Set(true);
  CHECK(client.Ask("health\n", kUp) == kUp);
}

TEST_CASE("the first argument of health counts, as in etsy's statsd", "[console]") {
  const TestConsole running;
  Client client(running);
  CHECK(client.Ask("health down now\n", kDown) == kDown);
  CHECK(client.Ask("health please up\n", kDown) == kDown);
}

TEST_CASE("commands are matched in any case and get their arguments", "[console]") {
  const TestConsole running;
  Client client(running);
  CHECK(client.Ask("PING\r\n", "pong\n") == "pong\n");
  CHECK(client.Ask("  Stats  a B \r\n", "stats: 1 a B\n") == "stats: 1 a B\n");
  const std::string help = "Commands: health, help, huge, ping, quit, stats\n\n";
  CHECK(client.Ask("help\n", help) == help);
}

TEST_CASE("what is unknown or empty is an error and the connection lives on", "[console]") {
  const TestConsole running;
  Client client(running);
  for (const char* line : {"\n", "\r\n", "unknown\n", "healthy\n", "\x01\xFF\n", "%s%n\n"}) {
    CHECK(client.Ask(line, kError) == kError);
  }
  CHECK(client.Ask("ping\n", "pong\n") == "pong\n");
}

TEST_CASE("several commands in one segment are answered in turn", "[console]") {
  const TestConsole running;
  Client client(running);
  const std::string replies = kUp + "pong\n" + kError + kDown + "stats: 1 \n";
  CHECK(client.Ask("health\nping\r\n\nhealth down\nstats", replies) == replies);
}

TEST_CASE("a line may come byte by byte", "[console]") {
  const TestConsole running;
  Client client(running);
  // "stat" and shorter are no commands; the line end after "stats" is not one more line.
  for (const char byte : std::string_view("stats\r\n")) client.Send(std::string_view(&byte, 1));
  CHECK(client.Read(10) == "stats: 1 \n");
  CHECK(client.Ask("ping\n", "pong\n") == "pong\n");
}

TEST_CASE("a line of 4 KiB is read, a longer one closes", "[console]") {
  const TestConsole running;
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
  const TestConsole running;
  Client client(running);
  CHECK(client.Ask("ping\nquit\nping\n", "pong\n") == "pong\n");
  CHECK(client.Closes());
}

TEST_CASE("built-in commands can be replaced", "[console]") {
  const TestConsole running({}, [](Console& console) {
    console.Register("help", [](std::string_view) { return "no help\n"; });
    console.Register("quit", [](std::string_view) { return "no\n"; });
    console.Register("leave", [](std::string_view) { return std::nullopt; });
  });
  Client client(running);
  const std::string replies = "no help\nno\npong\n";
  CHECK(client.Ask("help\nquit\nping\nleave\nping\n", replies) == replies);
  CHECK(client.Closes());
}

TEST_CASE("the reply to what is unknown can be replaced", "[console]") {
  const TestConsole running({}, [](Console& console) { console.SetUnknownReply("what?\n"); });
  Client client(running);
  const std::string replies = "what?\nwhat?\npong\n";
  CHECK(client.Ask("x\n\nping", replies) == replies);
  CHECK(client.AskLast("y") == "what?\n");
  CHECK(Client(running).AskLast(std::string(4097, 'x')) == "what?\n");
}

TEST_CASE("where the unknown closes it does so at once, with and without a line end", "[console]") {
  const TestConsole running({}, [](Console& console) {
    console.Clear();
    console.Register("health", [](std::string_view) { return "fine\n"; });
    console.SetUnknownReply(std::nullopt);
  });
  for (const std::string unknown : {"foo", "foo\n", "healthy", "help\n", "quit", "\n", "\r\n",
                                    "\xFF", "foo bar", "healthhealth"}) {
    CAPTURE(unknown);
    CHECK(Client(running).Send(unknown).Closes());
    Client after(running);
    CHECK(after.Ask("health\n" + unknown, "fine\n") == "fine\n");
    CHECK(after.Closes());
  }
  CHECK(Client(running).Send(std::string(4097, ' ')).Closes());
}

TEST_CASE("where the unknown closes a known line may still come in parts", "[console]") {
  const TestConsole running({}, [](Console& console) { console.SetUnknownReply(std::nullopt); });
  Client client(running);
  for (const char byte : std::string_view(" Health\r\nping\n")) client.Send({&byte, 1});
  CHECK(client.Read(kUp.size() + 5) == kUp + "pong\n");
}

TEST_CASE("a half-closed connection still gets its answers", "[console]") {
  const TestConsole running;
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
  const TestConsole running;
  for (int i = 0; i < 200; ++i) Client client(running);
  CHECK(Client(running).Ask("health", kUp) == kUp);
}

TEST_CASE("a client that does not read makes only itself wait", "[console]") {
  const TestConsole running;
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
  const TestConsole running({.max_connections = 4});
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
  const TestConsole running({.idle_timeout = std::chrono::milliseconds(1)});
  Client client(running);
  CHECK(client.Ask("ping\n", "pong\n") == "pong\n");
  CHECK(client.Closes());
}

TEST_CASE("an address that cannot be had is one clear line", "[console]") {
  TestConsole running;
  SteadyClock clock;
  EventLoop loop(clock);
  const std::string busy = static_cast<const RunningConsole&>(running).address();
  const auto second = Console::Open(loop, {.listen_address = busy}, running.health());
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find(busy) != std::string::npos);
  const auto bad = Console::Open(loop, {.listen_address = "8126"}, running.health());
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("bad admin listening address: 8126") == 0);
}

}  // namespace weir
