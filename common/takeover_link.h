// TakeoverLink: what two processes of one program say to each other while one takes the other's
// place: a unix connection that keeps messages apart, and carries descriptors.
//
//   successor                                    predecessor
//     hello <program> <version of all this> ----->
//                                                  stops reading
//     <--- every socket, each followed by its connections, with what they had begun to send; end
//     ready ------------------------------------->
//     <------------------------------------------- go: from here on the successor reads
//     <------------------------------- state, when all it had taken is in it: files; all
//     merged ------------------------------------>
//     <------------------------------------------- web: it accepts no more requests
//
// Until `go` the predecessor can take its sockets back, and does when the link breaks or nothing
// comes in time; the successor must not read before.
//
// Every call waits, 10 s at most unless it says otherwise. Thread safety: one thread at a time, but
// Cancel. Tested by tests/unit/common/takeover_link_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/open_stream.h"
#include "common/result.h"
#include "common/socket.h"

namespace weir {

// The first word. Its number grows with each change of what is said after it, and of the state: a
// program that speaks otherwise is sent away while nothing has happened yet.
inline std::string TakeoverHello(std::string_view program) {
  return "hello " + std::string(program) + " 1";
}

class TakeoverLink {
 public:
  // `fd` is a connected socket of SOCK_SEQPACKET.
  explicit TakeoverLink(ScopedFd fd);

  // To the process that listens at `path`; nothing: nobody does.
  static Result<std::optional<TakeoverLink>> Connect(const std::string& path);

  // False, of all below: the other one is gone, or said nothing in time, or something else.
  bool Say(std::string_view word) const;
  bool Expect(std::string_view word,
              std::chrono::seconds patience = std::chrono::seconds(10)) const;

  // They stay the caller's too. `wanted`: the address as configured.
  bool SendSocket(Transport transport, std::string_view wanted, int fd) const;
  // A connection that the socket sent last has accepted.
  bool SendStream(int fd, const StreamState& state) const;
  // The sockets and their connections, until `end` is said.
  Result<std::vector<BoundSocket>> ReceiveSockets() const;

  // Files, then `all`. Nothing: they did not come.
  bool SendState(int fd) const;
  std::vector<ScopedFd> ReceiveState(std::chrono::seconds patience) const;

  // Has whoever waits in here give up. Any thread.
  void Cancel() const;

 private:
  struct Message;

  bool Send(char kind, std::string_view text, int fd = -1) const;
  std::optional<Message> Receive() const;
  void SetPatience(std::chrono::seconds patience) const;

  ScopedFd fd_;
};

}  // namespace weir
