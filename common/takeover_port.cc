#include "common/takeover_port.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "common/log.h"
#include "common/unix_socket.h"

namespace weir {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::chrono::seconds kForHello(1);

bool IsOurs(int fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == geteuid() || peer.uid == 0;
}

}  // namespace

Result<std::unique_ptr<TakeoverPort>> TakeoverPort::Open(EventLoop& loop, const std::string& path,
                                                         std::string program,
                                                         std::function<void(TakeoverLink)> asked) {
  auto socket = OpenUnixPackets(path, kOwnerOnly);
  if (!socket) return socket.error();
  return std::unique_ptr<TakeoverPort>(
      new TakeoverPort(loop, std::move(*socket), std::move(program), std::move(asked)));
}

TakeoverPort::TakeoverPort(EventLoop& loop, BoundSocket socket, std::string program,
                           std::function<void(TakeoverLink)> asked)
    : socket_(std::move(socket)),
      program_(std::move(program)),
      asked_(std::move(asked)),
      acceptable_(loop, socket_.fd.get(), true, false, [this] { Accept(); }) {}

void TakeoverPort::Accept() {
  ScopedFd fd(accept4(socket_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd.valid()) return;
  if (!IsOurs(fd.get())) {
    LogWarn("Another user asked to take over, and was refused");
    return;
  }
  TakeoverLink link(std::move(fd));
  if (!link.Expect(TakeoverHello(program_), kForHello)) {
    LogWarn("Another program or another version asked to take over, and was refused");
    return;
  }
  // It may destroy this.
  const auto asked = asked_;
  asked(std::move(link));
}

}  // namespace weir
