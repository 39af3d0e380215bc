// Predecessor: the running process whose place this one takes (common/takeover_link.h).
//
// Threads: of the main thread; Inherit starts one of its own, which ends with this. Lifetimes: what
// is given to Inherit outlives it. Tested by tests/integration/test_router_takeover.py,
// test_exporter_takeover.py.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/adopted_sockets.h"
#include "common/result.h"
#include "common/takeover_link.h"

namespace weir {

class Predecessor {
 public:
  // Null: `path` is empty, or nobody listens there.
  static Result<std::unique_ptr<Predecessor>> Find(const std::string& path,
                                                   const std::string& program);
  ~Predecessor();
  Predecessor(const Predecessor&) = delete;
  Predecessor& operator=(const Predecessor&) = delete;

  // It stops reading; its sockets, of which this process must not read yet.
  Result<AdoptedSockets> Sockets();
  // From here on they are ours. After an error it has them still.
  Result<Done> LetGo();

  // Waits for what it had taken until then. `merge` gets that as files, or none when it ended
  // without; `done` is called when it serves no page any more. Both on a thread of its own.
  using Files = std::vector<ScopedFd>;
  void Inherit(std::function<void(const Files& state)> merge, std::function<void()> done);

 private:
  explicit Predecessor(TakeoverLink link) : link_(std::move(link)) {}

  const TakeoverLink link_;
  std::thread waits_;
};

}  // namespace weir
