// Resolver: keeps up with the addresses that names stand for. The name service may take its time,
// so each question is asked on a thread of its own, four at a time at most: one that gets no answer
// keeps neither the loop waiting nor the other names.
//
// A name keeps the address it has for as long as that is among its answers, so that a name server
// that turns its answers round moves nobody. When a name cannot be resolved, the last address stays
// (and it is logged, and tried again sooner).
//
// Threads: constructed, used and destroyed on the loop's thread, where on_change is called too; it
// may call SetNames, but not destroy this. `resolve` is called on the threads that ask.
// Lifetimes: the loop outlives it. Destroying it waits for nobody: a thread that still waits for
// the name service is left to itself, touches nothing but what it owns, and ends with its answer or
// with the process.
// Tested by tests/unit/common/topology/resolver_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/event_loop.h"
#include "common/result.h"
#include "common/topology/endpoint.h"

namespace weir {

struct ResolverOptions {
  // From an answer to the next question.
  std::chrono::nanoseconds interval = std::chrono::seconds(30);
  std::chrono::nanoseconds retry_interval = std::chrono::seconds(2);  // after a failure
};

class Resolver {
 public:
  // The name (host:port, as given to SetNames) now stands for this address.
  using OnChange = std::function<void(const std::string& name, const Endpoint& endpoint)>;
  using Known = std::map<std::string, Endpoint>;  // by name
  // As Resolve() of common/address.h, which it is but for tests.
  using ResolveFunction =
      std::function<Result<std::vector<SocketAddress>>(const std::string& host, uint16_t port)>;

  Resolver(EventLoop& loop, const ResolverOptions& options, OnChange on_change,
           ResolveFunction resolve = Resolve);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // What to keep up with from now on; literal addresses cost nothing and are known at once. Waits
  // for names that are new, `patience` at most, and does not call on_change for those whose answer
  // came in time. Names that are no longer among them are forgotten.
  // REQUIRES: each is host:port (ParseListenAddress).
  // `known`: where new names lead, as somebody has just been told; they are not asked for now.
  void SetNames(const std::vector<std::string>& names, std::chrono::nanoseconds patience,
                const Known& known = {});

  // Nowhere while the name is not resolved. REQUIRES: it was given to SetNames.
  Endpoint EndpointOf(const std::string& name) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
