// Discovery: keeps up with the downstreams that are not listed but found: by DNS names with several
// addresses, by SRV records, in files.
//
// A source keeps the downstreams it has while its next answer fails or is empty: each file does so
// by itself when it cannot be read, and the source as a whole when nothing is left. That is
// counted, logged once, and tried again sooner. Files are also read when they change.
//
// Threads: constructed, used and destroyed on the loop's thread, where on_change is called too; it
// must not destroy this nor call SetSources. `look` is called on threads of its own.
// Lifetimes: the loop outlives it; destroying it waits for nobody (common/topology/errands.h).
// Tested by tests/unit/common/topology/discovery_test.cc and
// tests/integration/test_router_discovery.py.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/topology/config.h"
#include "common/topology/errands.h"
#include "common/topology/look.h"

namespace weir {

struct DiscoveryOptions {
  // From an answer to the next question.
  std::chrono::nanoseconds interval = std::chrono::seconds(30);
  std::chrono::nanoseconds retry_interval = std::chrono::seconds(2);  // after none
};

// How often a source was looked at, by what came of it.
struct SourceReport {
  DiscoverKind kind;
  std::string where;
  size_t downstreams = 0;
  uint64_t successes = 0;
  uint64_t empty = 0;     // it listed nothing
  uint64_t failures = 0;  // no answer, or one that cannot be read
};

class Discovery {
 public:
  using LookFunction =
      std::function<Findings(const DiscoverConfig& source, const std::set<std::string>& known)>;

  Discovery(EventLoop& loop, const DiscoveryOptions& options, std::function<void()> on_change,
            LookFunction look);
  ~Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  // What to keep up with from now on; sources that stay keep their downstreams and are looked at
  // again. Waits for the first answers of new ones, `patience` at most. Does not call on_change:
  // look at downstreams().
  void SetSources(const std::vector<DiscoverConfig>& sources, std::chrono::nanoseconds patience);

  // By source, and by label within each: never in the order of the answers.
  std::vector<DownstreamConfig> downstreams() const;
  // Where names of new downstreams lead, for the Resolver; each is told once.
  Resolver::Known TakeEndpoints();
  std::vector<SourceReport> Report() const;

 private:
  struct Source;
  using SourcePtr = std::shared_ptr<Source>;

  void Ask(const SourcePtr& source);
  void Take(const SourcePtr& source, const Findings& findings);
  void TakeParts(Source* source, const Findings& findings);

  EventLoop& loop_;
  const DiscoveryOptions options_;
  const std::function<void()> on_change_;
  const std::shared_ptr<const LookFunction> look_;  // with those who look
  std::vector<SourcePtr> sources_;
  Resolver::Known endpoints_;
  bool setting_ = false;  // while SetSources waits
  Errands errands_;
};

}  // namespace weir
