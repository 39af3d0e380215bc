// Console: the text admin port, for routers that probe and for people with nc.
//
// A line is a command and its arguments, separated by spaces; LF or CRLF ends it, and so does the
// end of what has arrived when the command is a known one, because hulu's router and
// go-statsd-proxy send a bare "health". (So "health" and " down" in two packets is "health" and an
// unknown " down".) Names are matched in any case of letters. Several commands may come at once;
// each is answered in turn. The built-in answers are those of etsy's statsd:
//
//   health [up|down]  "health: up\n" or "health: down\n", after setting it if an argument says so
//   ping              "pong\n"
//   help              "Commands: health, help, ping, quit, stats\n\n"
//   quit              closes
//   anything else     "ERROR\n"; a line over 4 KiB also closes
//
// All of it can be replaced, for who takes the place of a program that answers differently. Where
// the unknown closes, it does so without a line end too, as soon as no known name can come of it.
//
// Bounded: at most `max_connections`; one more closes the one that has been idle longest, so idle
// connections cannot lock a probe out. A connection that neither sends nor reads for `idle_timeout`
// is closed. No more than 64 KiB of answers wait for a client beyond the one that passes it; until
// they are read its commands wait.
//
// Thread safety: all on the loop's thread, command functions included. Lifetimes: the loop and the
// health outlive it.
// Tested by tests/unit/common/console_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/adopted_sockets.h"
#include "common/event_loop.h"
#include "common/result.h"
#include "common/service_health.h"
#include "common/socket.h"

namespace weir {

struct ConsoleOptions {
  // host:port; an empty host means every interface, port 0 any free port.
  std::string listen_address = "";
  size_t max_connections = 64;
  // Longer than any sane probe interval. Default 5 minutes.
  std::chrono::nanoseconds idle_timeout = std::chrono::minutes(5);
  // Where its socket may be among; null: it opens one.
  AdoptedSockets* adopted = nullptr;
};

class Console {
 public:
  // The whole reply to a line; nothing closes the connection, once the replies before it are out.
  using Reply = std::optional<std::string>;
  // Gets what stands behind the name, without the spaces around it.
  using Command = std::function<Reply(std::string_view arguments)>;

  // Listens when it returns; answers while the loop runs. `health` is what the command of that name
  // tells and sets.
  static Result<std::unique_ptr<Console>> Open(EventLoop& loop, const ConsoleOptions& options,
                                               ServiceHealth& health);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Adds a command or replaces one, the built-in ones too. REQUIRES: `name` is lower case.
  void Register(std::string name, Command command);
  // Takes every command away, the built-in ones too.
  void Clear() { commands_.clear(); }
  // The reply to a line whose name is not known. Default "ERROR\n".
  void SetUnknownReply(Reply reply);

  const std::string& address() const { return socket_.address; }
  const BoundSocket& socket() const { return socket_; }
  uint16_t port() const;

 private:
  class Connection;
  using Connections = std::list<std::unique_ptr<Connection>>;

  Console(EventLoop& loop, const ConsoleOptions& options, ServiceHealth& health,
          BoundSocket socket);
  void Accept();
  void Tick();
  void RegisterBuiltIns();
  // Puts the connection behind all that were active before.
  void Touch(Connections::iterator connection);
  const Command* Find(std::string_view name) const;
  // Whether more letters can make it a name that is known.
  bool MayBecomeKnown(std::string_view name) const;

  EventLoop& loop_;
  const ConsoleOptions options_;
  ServiceHealth& health_;
  BoundSocket socket_;
  std::map<std::string, Command, std::less<>> commands_;
  Reply unknown_reply_ = "ERROR\n";
  Connections connections_;  // the one idle longest first
  FdWatcher acceptor_;
  Timer ticker_;
};

}  // namespace weir
