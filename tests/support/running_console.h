// RunningConsole: a console that answers on a thread of its own, and ConsoleClient, who asks it.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/console.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {

// On any free port of loopback, as long as this lives.
class RunningConsole {
 public:
  // `set_up(console)` runs before it answers anyone.
  template <class SetUp>
  RunningConsole(ConsoleOptions options, ServiceHealth& health, const SetUp& set_up) {
    options.listen_address = "127.0.0.1:0";
    auto opened = Console::Open(loop_, options, health);
    REQUIRE(opened);
    console_ = std::move(*opened);
    set_up(*console_);
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~RunningConsole() {
    loop_.Stop();
    thread_.join();
  }

  const std::string& address() const { return console_->address(); }
  uint16_t port() const { return console_->port(); }

 private:
  SteadyClock clock_;
  EventLoop loop_{clock_};
  std::unique_ptr<Console> console_;
  std::thread thread_;
};

class ConsoleClient {
 public:
  explicit ConsoleClient(const RunningConsole& console)
      : fd_(Connect(SOCK_STREAM, console.address())) {}

  ConsoleClient& Send(std::string_view bytes) {
    weir::Send(fd_, bytes);
    return *this;
  }
  void HalfClose() { shutdown(fd_.get(), SHUT_WR); }

  // Exactly `size` bytes, or fewer when the connection closes.
  std::string Read(size_t size) {
    std::string all;
    char buffer[4096];
    while (all.size() < size && Readable()) {
      const ssize_t count = recv(fd_.get(), buffer, std::min(sizeof(buffer), size - all.size()), 0);
      if (count <= 0) break;
      all.append(buffer, static_cast<size_t>(count));
    }
    return all;
  }
  // As much as is expected, to be compared with it.
  std::string Ask(std::string_view request, std::string_view expected) {
    Send(request);
    return Read(expected.size());
  }
  // Everything that comes for the request, when nothing is to follow it.
  std::string AskLast(std::string_view request) {
    Send(request);
    HalfClose();
    return Read(std::string::npos);
  }
  bool Closes() {
    char byte;
    return Readable() && recv(fd_.get(), &byte, 1, 0) <= 0;
  }

 private:
  static constexpr int kDeadlineMs = 20'000;

  bool Readable() {
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    return poll(&poll_fd, 1, kDeadlineMs) == 1;
  }

  const ScopedFd fd_;
};

}  // namespace weir
