#include "common/service_manager.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

// Variables that a service manager sets, gone with the test.
class Environment {
 public:
  void Set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }
  ~Environment() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
};

// What waits on the socket, without waiting for more.
std::string Told(const BoundSocket& socket) {
  char buffer[256];
  const ssize_t size = recv(socket.fd.get(), buffer, sizeof(buffer), 0);
  return size < 0 ? "" : std::string(buffer, static_cast<size_t>(size));
}

struct Managed {
  explicit Managed(const std::string& path) {
    auto opened = OpenUnixDatagram(path, 0755);
    REQUIRE(opened);
    socket = std::move(*opened);
    environment.Set("NOTIFY_SOCKET", path);
  }
  BoundSocket socket;
  Environment environment;
  SteadyClock clock;
  EventLoop loop{clock};
};

TEST_CASE("every state is told in the words of sd_notify", "[service_manager]") {
  const TemporaryDirectory directory;
  for (const char* kind : {"", "@"}) {
    Managed managed(kind + (directory / "s"));
    const ServiceManager manager(managed.loop, [] { return true; });
    manager.Ready();
    CHECK(Told(managed.socket) == "READY=1");
    manager.Reloading();
    CHECK(Told(managed.socket).starts_with("RELOADING=1\nMONOTONIC_USEC="));
    manager.Stopping();
    CHECK(Told(managed.socket) == "STOPPING=1");
    CHECK(Told(managed.socket).empty());
  }
}

TEST_CASE("nobody is told when nobody asked, or when who asked is gone", "[service_manager]") {
  const SteadyClock clock;
  EventLoop loop(clock);
  ServiceManager(loop, [] { return true; }).Ready();
  Environment environment;
  const TemporaryDirectory directory;
  for (const std::string& path : {directory / "gone", std::string(300, 'x')}) {
    environment.Set("NOTIFY_SOCKET", path);
    ServiceManager(loop, [] { return true; }).Ready();
  }
}

TEST_CASE("the watchdog hears of a program that is well, and only then", "[service_manager]") {
  const TemporaryDirectory directory;
  Managed managed(directory / "s");
  managed.environment.Set("WATCHDOG_USEC", "2000");
  managed.environment.Set("WATCHDOG_PID", std::to_string(getpid()));
  int asked = 0;
  const ServiceManager manager(managed.loop, [&asked] { return ++asked > 2; });
  while (asked < 3) managed.loop.Turn();
  CHECK(Told(managed.socket) == "WATCHDOG=1");
  CHECK(Told(managed.socket).empty());
}

TEST_CASE("a watchdog of another process hears nothing", "[service_manager]") {
  const TemporaryDirectory directory;
  Managed managed(directory / "s");
  managed.environment.Set("WATCHDOG_USEC", "1000");
  managed.environment.Set("WATCHDOG_PID", "1");
  bool asked = false;
  const ServiceManager manager(managed.loop, [&asked] { return asked = true; });
  bool over = false;
  const Timer later(managed.loop, std::chrono::milliseconds(5), std::chrono::seconds(0),
                    [&over] { over = true; });
  while (!over) managed.loop.Turn();
  CHECK_FALSE(asked);
}

}  // namespace
}  // namespace weir
