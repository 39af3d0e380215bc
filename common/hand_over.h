// HandOver: the predecessor's half of a takeover (common/takeover_link.h), over all threads that
// have listeners.
//
// `threads` is a range of pointers to what has Post(task) and, on its own thread, listeners().
// Thread safety: any thread that is none of them. Tested by
// tests/integration/test_router_takeover.py.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "common/listener.h"
#include "common/log.h"
#include "common/on_all.h"
#include "common/takeover_link.h"

namespace weir {

// True: the successor has every socket, reads, and this process reads no more. False: nothing has
// changed. `others` are listening sockets of no thread's; the caller leaves them itself.
template <class Threads>
bool HandOver(const Threads& threads, const std::vector<const BoundSocket*>& others,
              std::chrono::nanoseconds patience, const TakeoverLink& link) {
  const auto on_listeners = [&](auto call) {
    return OnAll(threads, patience, [call](auto& thread) {
      for (const auto& listener : thread.listeners()) call(*listener);
    });
  };
  bool given = on_listeners([](Listener& listener) { listener.Pause(); });
  // One after the other: connections follow their socket.
  for (const auto& thread : threads) {
    if (!given) break;
    const auto shared = AskAll(std::array{&*thread}, patience, [&link](auto& one) {
      return std::ranges::all_of(one.listeners(),
                                 [&](const auto& listener) { return listener->Share(link); });
    });
    given = shared.size() == 1 && shared.front();
  }
  for (const BoundSocket* other : others) {
    given = given && link.SendSocket(other->transport, other->wanted, other->fd.get());
  }
  // Its configuration is read, so it is ready at once.
  if (given && link.Say("end") && link.Expect("ready") && link.Say("go")) {
    on_listeners([](Listener& listener) { listener.Leave(); });
    return true;
  }
  link.Cancel();  // a thread may be in the midst of it
  on_listeners([](Listener& listener) { listener.Resume(); });
  return false;
}

}  // namespace weir
