// Probe: one question to one downstream whether it is alive, over a connection of its own.
//
//   statsd  sends "health\n", which etsy's statsd, hulu's router and Weir understand alike
//   http    GET of a path
//   tcp     connecting is enough
// The deadline covers connecting too. An answer without an end of line counts as one when the other
// side closes or the deadline comes.
//
// Threads: the loop's. Lifetimes: the loop outlives it; destroyed early it never calls back. `done`
// is called once, never from within the constructor, and may destroy the probe.
// Tested by tests/unit/common/topology/probe_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/event_loop.h"
#include "common/scoped_fd.h"
#include "common/topology/config_words.h"
#include "common/topology/endpoint.h"
#include "common/topology/probe_answer.h"

namespace weir {

enum class ProbeResult : uint8_t {
  kUp,
  kRefused,
  kUnreachable,  // no route, or an address that is not resolved
  kTimeout,
  kClosed,  // without an answer
  kReset,
  kBadAnswer,
  kNone,  // could not be asked for want of descriptors or memory here: says nothing about the node
};

// As logs and metrics have it.
constexpr std::string_view Name(ProbeResult result) {
  constexpr std::string_view kNames[] = {"up",     "refused", "unreachable", "timeout",
                                         "closed", "reset",   "bad_answer",  "none"};
  return kNames[static_cast<size_t>(result)];
}

struct ProbeSpec {
  HealthKind kind = HealthKind::kNone;
  Endpoint endpoint;
  std::string host;  // kHttp: of the Host header, host:port
  std::string path;  // kHttp

  friend bool operator==(const ProbeSpec&, const ProbeSpec&) = default;
};

class Probe {
 public:
  // REQUIRES: the kind is not kNone.
  Probe(EventLoop& loop, const ProbeSpec& spec, std::chrono::nanoseconds timeout,
        std::function<void(ProbeResult)> done);
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

 private:
  void OnReady();
  void OnConnected();
  void Read();
  void OnDeadline();
  void Finish(ProbeResult result);
  // The result of an answer that has ended; `silent` when there was none.
  ProbeResult Judge(ProbeResult silent) const;

  const ProbeSpec spec_;
  std::function<void(ProbeResult)> done_;
  ProbeAnswer answer_;
  bool connected_ = false;
  ScopedFd fd_;
  std::unique_ptr<FdWatcher> watcher_;  // goes before fd_
  std::optional<Timer> deadline_;
};

}  // namespace weir
