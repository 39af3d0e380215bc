// Look: finds once what a part of the configuration says to discover.
//
// Thread safety: free functions; any thread. Look and Discovered ask name servers and read files,
// which may take tens of seconds: never on a loop's thread.
// Tested by tests/unit/common/topology/look_test.cc and
// tests/integration/test_router_discovery.py.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/topology/config.h"
#include "common/topology/resolver.h"
#include "common/topology/target_file.h"

namespace weir {

// What one place said: a file, or the DNS (whose name is empty).
struct Part {
  std::string name;
  Result<std::vector<Target>> targets;
};

struct Findings {
  std::vector<Part> parts;  // none: no file matched
  Resolver::Known
      endpoints;  // where names lead that were not `known`, as far as they were answered
};

// `known`: host:port whose addresses are known already.
Findings Look(const DiscoverConfig& source, const ResolverConfig& resolver,
              const std::set<std::string>& known);

// The downstream that a target of this source is.
DownstreamConfig DownstreamOf(const DiscoverConfig& source, const Target& target);
// Every host:port to send to or to probe.
std::vector<std::string> NamesOf(const DownstreamConfig& downstream);

// The configuration with these behind the downstreams of its file, in place of any others that were
// discovered. Of those with one label the first counts, and no more than placement knows. When it
// has no other, there is one without an address: what is placed on it is dropped as unreachable.
RouterConfig WithDiscovered(RouterConfig config, const std::vector<DownstreamConfig>& found);
inline constexpr std::string_view kNoneLabel = "(none)";
// Whether there is a downstream to send to.
bool HasDownstreams(const RouterConfig& config);

// WithDiscovered of what is found now; their names stay names. Error: something was not found.
Result<RouterConfig> Discovered(const RouterConfig& config);

// How often names are resolved, and sources asked.
ResolverOptions ResolverOptionsOf(const ResolverConfig& resolver);
// How names are resolved: by the system, or by the DNS server that is configured.
Resolver::ResolveFunction ResolveBy(const ResolverConfig& resolver);

}  // namespace weir
