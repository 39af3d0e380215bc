// ScriptedPeer: a TCP server on the test's own loop that treats those who probe it as it is told.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/event_loop.h"
#include "common/socket.h"
#include "common/topology/endpoint.h"
#include "tests/support/catch.h"

namespace weir {

enum class Manner {
  kAnswer,     // `answer`, when something was asked
  kByteWise,   // the same, one byte a segment
  kSilent,     // reads and says nothing
  kClose,      // reads and closes in order
  kReset,      // reads and resets
  kNeverRead,  // does not even accept
};

class ScriptedPeer {
 public:
  explicit ScriptedPeer(EventLoop& loop, Manner manner = Manner::kAnswer,
                        std::string answer = "health: up\n", uint16_t port = 0)
      : loop_(loop), manner_(manner), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = ScopedFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    REQUIRE(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(fd_.get(), 16) == 0);
    if (manner == Manner::kNeverRead) return;
    watcher_.emplace(loop, fd_.get(), true, false, [this] { Accept(); });
  }

  void Behave(Manner manner, std::string answer = "health: up\n") {
    manner_ = manner;
    answer_ = std::move(answer);
  }

  Endpoint endpoint() const { return Endpoint(SocketAddress::OfSocket(fd_.get())); }
  uint16_t port() const { return SocketAddress::OfSocket(fd_.get()).port(); }
  int connections() const { return static_cast<int>(clients_.size()); }
  // All that was asked.
  const std::string& asked() const { return asked_; }

 private:
  struct Client {
    ScopedFd fd;
    std::string left;
    std::unique_ptr<FdWatcher> watcher;
    std::unique_ptr<Timer> timer;
  };

  void Accept() {
    const int fd = accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto client = std::make_unique<Client>();
    client->fd = ScopedFd(fd);
    client->watcher = std::make_unique<FdWatcher>(loop_, fd, true, false,
                                                  [this, it = client.get()] { OnReady(*it); });
    clients_.push_back(std::move(client));
  }

  void OnReady(Client& client) {
    char buffer[1024];
    const ssize_t size = recv(client.fd.get(), buffer, sizeof(buffer), 0);
    if (size > 0) asked_.append(buffer, size);
    if (size <= 0) {
      End(client);
    } else {
      Respond(client);
    }
  }

  void Respond(Client& client) {
    using std::chrono::milliseconds;
    client.left = answer_;
    switch (manner_) {
      case Manner::kAnswer:
        client.watcher->Modify(true, true);
        Write(client, client.left.size());
        break;
      case Manner::kByteWise:
        client.timer = std::make_unique<Timer>(loop_, milliseconds(1), milliseconds(1),
                                               [this, &client] { Write(client, 1); });
        break;
      case Manner::kClose:
        End(client);
        break;
      case Manner::kReset: {
        const linger now{1, 0};
        setsockopt(client.fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        End(client);
        break;
      }
      case Manner::kSilent:
      case Manner::kNeverRead:
        break;
    }
  }

  static void Write(Client& client, size_t most) {
    const ssize_t size =
        send(client.fd.get(), client.left.data(), std::min(most, client.left.size()), MSG_NOSIGNAL);
    if (size > 0) client.left.erase(0, size);
    if (!client.left.empty()) return;
    client.watcher->Modify(true, false);
    client.timer.reset();
  }

  static void End(Client& client) {
    client.timer.reset();
    client.watcher.reset();
    client.fd = ScopedFd();
  }

  EventLoop& loop_;
  Manner manner_;
  std::string answer_;
  ScopedFd fd_;
  std::optional<FdWatcher> watcher_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::string asked_;
};

// An address where nobody listens any more.
inline Endpoint DeadEndpoint(EventLoop& loop) { return ScriptedPeer(loop).endpoint(); }

}  // namespace weir
