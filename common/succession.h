// Succession: how a program takes the place of the one that runs, and gives way to the next. The
// whole course of it is in common/takeover_link.h; here is what both programs do of it.
//
// A program that starts calls Adopt before any listener opens, OpenRest when all is open but the
// web server, and Inherit before its threads start. When another process asks for its place, the
// sockets are handed over and the loop stops; successor() then takes what was read and counted.
//
// Thread safety: the loop's thread; Inherit starts one of its own, which ends with this. Lifetimes:
// the loop and all that the hooks use outlive it.
// Tested by tests/integration/test_router_takeover.py, test_exporter_takeover.py.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/adopted_sockets.h"
#include "common/event_loop.h"
#include "common/predecessor.h"
#include "common/result.h"
#include "common/takeover_link.h"
#include "common/takeover_port.h"

namespace weir {

class Succession {
 public:
  struct Hooks {
    std::function<Result<Done>()> open_web;
    // HandOver of all sockets (common/hand_over.h).
    std::function<bool(const TakeoverLink& successor)> hand_over;
  };

  // `path`: of --takeover.path; empty for a program that nobody succeeds.
  Succession(EventLoop& loop, std::string path, std::string program, Hooks hooks);
  Succession(const Succession&) = delete;
  Succession& operator=(const Succession&) = delete;

  // The sockets of the predecessor, if one runs, or else those that systemd passed.
  Result<Done> Adopt();
  // Those that no listener has taken.
  AdoptedSockets& sockets() { return sockets_; }

  // The web server at `web_address`, unless the predecessor has it: that one answers until we have
  // all that it had. After this the other sockets are ours.
  Result<Done> OpenRest(const std::string& web_address);

  bool has_predecessor() const { return predecessor_ != nullptr; }
  // `merge` gets what the predecessor leaves, on a thread of its own; the web server opens then.
  void Inherit(std::function<void(const Predecessor::Files& state)> merge);

  // Null until a process took our place.
  const TakeoverLink* successor() const { return successor_ ? &*successor_ : nullptr; }

 private:
  Result<Done> OpenPort();
  void GiveWay(TakeoverLink link);
  void FinishInheriting();

  EventLoop& loop_;
  const std::string path_;
  const std::string program_;
  const Hooks hooks_;
  AdoptedSockets sockets_;
  bool web_waits_ = false;  // until the predecessor serves no more
  std::unique_ptr<TakeoverPort> port_;
  std::optional<TakeoverLink> successor_;
  std::unique_ptr<Predecessor> predecessor_;  // its thread uses all the rest
};

}  // namespace weir
