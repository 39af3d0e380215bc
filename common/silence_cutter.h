// SilenceCutter: ends the connections of a TCP port that were sent nothing for too long.
//
// A server that gives each connection a thread and waits for a request's next byte can be held by a
// client that sends one now and then: CivetWeb starts its patience anew with every byte of a body.
// What such a client cannot do is get an answer, so a connection is cut when the kernel's last
// sending on it and our first sight of it (it may have waited in the backlog before) are both older
// than `limit`. Idle connections must be ended earlier by the server itself.
//
// Owns a thread, which looks every quarter of `limit`: 0.5 us a connection. A descriptor is looked
// at through a duplicate, so that one that is closed and used anew meanwhile is never touched.
// Thread safety: constructed and destroyed by one thread. `connections` is called on its thread and
// tells how many there are; while it says zero nothing is looked at.
// Tested by tests/unit/common/http_server_test.cc.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace weir {

class SilenceCutter {
 public:
  SilenceCutter(uint16_t port, std::chrono::milliseconds limit, std::function<int()> connections);
  ~SilenceCutter();
  SilenceCutter(const SilenceCutter&) = delete;
  SilenceCutter& operator=(const SilenceCutter&) = delete;

  uint64_t cut() const;

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  void Look();
  void LookAt(int fd, Clock::time_point now, std::map<uint64_t, Clock::time_point>* seen);

  const uint16_t port_;
  const std::chrono::milliseconds limit_;
  const std::function<int()> connections_;
  std::map<uint64_t, Clock::time_point> first_seen_;  // by the socket's cookie
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  uint64_t cut_ = 0;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir
