// TakeoverPort: where a running program is asked to hand its sockets to the next.
//
// A unix socket that only the user itself (and root) can connect to: who gets the sockets gets all
// that clients send. The file goes with the port.
//
// Thread safety: the loop's thread. Lifetimes: the loop outlives it.
// Tested by tests/integration/test_router_takeover.py, test_exporter_takeover.py.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/event_loop.h"
#include "common/result.h"
#include "common/socket.h"
#include "common/takeover_link.h"

namespace weir {

class TakeoverPort {
 public:
  // Calls back for every process that asks, and is of the same program.
  static Result<std::unique_ptr<TakeoverPort>> Open(EventLoop& loop, const std::string& path,
                                                    std::string program,
                                                    std::function<void(TakeoverLink)> asked);
  TakeoverPort(const TakeoverPort&) = delete;
  TakeoverPort& operator=(const TakeoverPort&) = delete;

 private:
  TakeoverPort(EventLoop& loop, BoundSocket socket, std::string program,
               std::function<void(TakeoverLink)> asked);
  void Accept();

  const BoundSocket socket_;
  const std::string program_;
  const std::function<void(TakeoverLink)> asked_;
  FdWatcher acceptable_;
};

}  // namespace weir
