#include "common/unix_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

constexpr mode_t kMode = 0755;

bool Exists(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

std::string ErrorOf(const Result<BoundSocket>& opened) {
  REQUIRE_FALSE(opened);
  return opened.error().message;
}

// What a crash leaves: a socket file without a socket.
void LeaveStale(const std::string& path, int type) {
  const ScopedFd fd(socket(AF_UNIX, type, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
}

TEST_CASE("a unix socket has the mode asked for, whatever the umask", "[unix_socket]") {
  const TemporaryDirectory directory;
  const mode_t umask_before = umask(077);
  for (const mode_t mode : {0755, 0600, 0777, 0222}) {
    const auto opened = OpenUnixDatagram(directory / "s", mode);
    REQUIRE(opened);
    struct stat status;
    REQUIRE(stat((directory / "s").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == mode);
  }
  umask(umask_before);
}

TEST_CASE("the socket file goes with the socket", "[unix_socket]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  {
    const auto opened = OpenUnixStream(path, kMode);
    REQUIRE(opened);
    CHECK(opened->address == path);
    CHECK(opened->transport == Transport::kUnixStream);
    CHECK(Exists(path));
  }
  CHECK_FALSE(Exists(path));
}

TEST_CASE("a file that took the place of ours stays", "[unix_socket]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  {
    const auto opened = OpenUnixDatagram(path, kMode);
    REQUIRE(opened);
    std::filesystem::remove(path);
    LeaveStale(path, SOCK_DGRAM);
  }
  CHECK(Exists(path));
}

TEST_CASE("a stale socket file is replaced", "[unix_socket]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  LeaveStale(path, SOCK_DGRAM);
  const auto datagram = OpenUnixDatagram(path, kMode);
  REQUIRE(datagram);
  Send(ConnectUnix(SOCK_DGRAM, path), "hello");
  char buffer[8];
  CHECK(recv(datagram->fd.get(), buffer, sizeof(buffer), 0) == 5);

  const std::string stream_path = directory / "t";
  LeaveStale(stream_path, SOCK_STREAM);
  const auto stream = OpenUnixStream(stream_path, kMode);
  REQUIRE(stream);
  CHECK(ConnectUnix(SOCK_STREAM, stream_path).valid());
}

TEST_CASE("a live socket is an error and stays as it is", "[unix_socket]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "s";
  const auto live = OpenUnixDatagram(path, kMode);
  REQUIRE(live);
  CHECK(
      ErrorOf(OpenUnixDatagram(path, kMode))
          .starts_with("cannot listen on unix socket " + path + ": another program listens on it"));
  // Of the other kind, too.
  CHECK(ErrorOf(OpenUnixStream(path, kMode)).find("another program listens") != std::string::npos);
  Send(ConnectUnix(SOCK_DGRAM, path), "still there");
}

TEST_CASE("a file that is no socket is an error and stays as it is", "[unix_socket]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  std::ofstream(path) << "precious";
  CHECK(ErrorOf(OpenUnixDatagram(path, kMode)).find("a file that is no socket") !=
        std::string::npos);
  CHECK(ErrorOf(OpenUnixStream(directory.path, kMode)).find("a file that is no socket") !=
        std::string::npos);
  std::string content;
  std::ifstream(path) >> content;
  CHECK(content == "precious");
}

TEST_CASE("an abstract name has no file and belongs to one", "[unix_socket]") {
  const std::string name = "@weir-test-" + std::to_string(getpid());
  {
    const auto opened = OpenUnixDatagram(name, kMode);
    REQUIRE(opened);
    CHECK(opened->address == name);
    CHECK_FALSE(Exists(name));
    Send(ConnectUnix(SOCK_DGRAM, name), "hello");
    char buffer[8];
    CHECK(recv(opened->fd.get(), buffer, sizeof(buffer), 0) == 5);
    CHECK(ErrorOf(OpenUnixDatagram(name, kMode)).find("Address already in use") !=
          std::string::npos);
  }
  CHECK(OpenUnixStream(name, kMode));
}

TEST_CASE("a path that cannot be is refused with the reason", "[unix_socket]") {
  const TemporaryDirectory directory;
  CHECK(ErrorOf(OpenUnixStream("", kMode)).find("the path is empty") != std::string::npos);
  CHECK(
      ErrorOf(OpenUnixStream(directory / "missing/s", kMode)).find("create the directory first") !=
      std::string::npos);
  std::string longest = "@" + std::to_string(getpid());
  longest.resize(107, 'x');
  CHECK(OpenUnixStream(longest, kMode));
  CHECK(ErrorOf(OpenUnixStream(longest + "x", kMode)).find("108 bytes, at most 107") !=
        std::string::npos);
}

}  // namespace
}  // namespace weir
