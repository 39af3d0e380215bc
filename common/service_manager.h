// ServiceManager: tells systemd, or whoever started the program, what state it is in.
//
// The protocol of sd_notify(3): a datagram to the unix socket $NOTIFY_SOCKET, abstract ones
// included; without the variable nothing is told. With $WATCHDOG_USEC it also says, twice in that
// time, that the program is well, while it is. A manager that does not listen is no reason to fail.
// It needs no library, and libsystemd would bring compressors and more into the process.
//
// Thread safety: the loop's thread. Lifetimes: the loop, and what `healthy` refers to, outlive it.
// Tested by tests/unit/common/service_manager_test.cc, tests/integration/test_socket_activation.py.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/event_loop.h"

namespace weir {

class ServiceManager {
 public:
  ServiceManager(EventLoop& loop, std::function<bool()> healthy);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Started, or done with reloading: units that are ordered after this one may start.
  void Ready() const { Tell("READY=1"); }
  void Reloading() const;
  void Stopping() const { Tell("STOPPING=1"); }

 private:
  void Tell(std::string_view state) const;

  const std::string socket_;  // empty: nobody is told
  const std::function<bool()> healthy_;
  std::optional<Timer> watchdog_;
};

}  // namespace weir
