#include "common/topology/look.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/log.h"
#include "common/placement.h"
#include "common/topology/dns.h"

namespace weir {
namespace {

// After a name service or a source had no answer.
constexpr std::chrono::seconds kRetryInterval(2);

Dns DnsOf(const ResolverConfig& resolver) {
  const auto address = ParseListenAddress(resolver.address);
  if (!address) return Dns();
  return Dns(LiteralAddress(address->host, address->port));
}

// Half an answer would take downstreams away.
Result<std::vector<Target>> AddressesOf(const std::string& where, const Dns& dns) {
  const auto name = ParseListenAddress(where);
  if (!name) return name.error();
  const auto addresses = dns.Addresses(name->host, name->port, Families::kBoth);
  if (!addresses) return Error{name->host + ": " + addresses.error().message};
  std::vector<Target> targets;
  for (const SocketAddress& address : *addresses) targets.push_back({address.ToString(), {}, 0});
  return targets;
}

Result<std::vector<Target>> ServicesOf(const std::string& where, const Dns& dns) {
  const auto services = dns.Services(where);
  if (!services) return Error{where + ": " + services.error().message};
  std::vector<Target> targets;
  for (const ServiceTarget& service : *services) {
    targets.push_back({JoinHostPort(service.host, service.port), {}, 0});
  }
  return targets;
}

std::vector<Part> PartsOf(const DiscoverConfig& source, const Dns& dns) {
  if (source.kind == DiscoverKind::kDns) return {{"", AddressesOf(source.where, dns)}};
  if (source.kind == DiscoverKind::kSrv) return {{"", ServicesOf(source.where, dns)}};
  std::vector<Part> parts;
  for (const std::string& file : FilesOf(source.where)) {
    parts.push_back({file, ReadTargetFile(file)});
  }
  return parts;
}

}  // namespace

// A new downstream gets lines as soon as it is known, so its address had better be known as well.
// The first name without an answer ends it: the others may take as long, and the Resolver asks
// again anyway.
Findings Look(const DiscoverConfig& source, const ResolverConfig& resolver,
              const std::set<std::string>& known) {
  Findings findings;
  findings.parts = PartsOf(source, DnsOf(resolver));
  const Resolver::ResolveFunction resolve = ResolveBy(resolver);
  for (const Part& part : findings.parts) {
    if (!part.targets) continue;
    for (const Target& target : *part.targets) {
      for (const std::string& name : NamesOf(DownstreamOf(source, target))) {
        if (known.contains(name) || findings.endpoints.contains(name)) continue;
        const auto address = ParseListenAddress(name);
        const auto found = resolve(address->host, address->port);
        if (!found) return findings;
        findings.endpoints.emplace(name, Endpoint(found->front()));
      }
    }
  }
  return findings;
}

DownstreamConfig DownstreamOf(const DiscoverConfig& source, const Target& target) {
  DownstreamConfig downstream = source.like;
  downstream.discovered = true;
  downstream.address = target.address;
  downstream.label = target.label.empty() ? target.address : target.label;
  if (target.weight != 0) downstream.weight = target.weight;
  if (downstream.health_kind != HealthKind::kNone) {
    const size_t port = target.address.rfind(':');
    downstream.health = target.address.substr(0, port) + source.like.health;
  }
  return downstream;
}

std::vector<std::string> NamesOf(const DownstreamConfig& downstream) {
  std::vector<std::string> names;
  if (downstream.transport != Transport::kUnixgram && !downstream.address.empty()) {
    names.push_back(downstream.address);
  }
  if (downstream.health_kind != HealthKind::kNone) names.push_back(downstream.health);
  return names;
}

RouterConfig WithDiscovered(RouterConfig config, const std::vector<DownstreamConfig>& found) {
  std::vector<DownstreamConfig>& all = config.downstreams;
  std::erase_if(all, [](const DownstreamConfig& one) { return one.discovered; });
  std::set<std::string> labels;
  for (const DownstreamConfig& one : all) labels.insert(one.label);
  for (const DownstreamConfig& one : found) {
    if (all.size() == RingConfig::kMaxNodes) {
      LogError("More downstreams are discovered than placement knows; the last are left out",
               {{"limit", RingConfig::kMaxNodes}});
      break;
    }
    if (labels.insert(one.label).second) {
      all.push_back(one);
    } else {
      LogWarn("A downstream is discovered whose label another one has; it is left out",
              {{"downstream", one.label}});
    }
  }
  if (all.empty()) {
    DownstreamConfig none;
    none.label = kNoneLabel;
    none.discovered = true;
    all.push_back(std::move(none));
  }
  return config;
}

bool HasDownstreams(const RouterConfig& config) {
  return std::ranges::any_of(config.downstreams,
                             [](const DownstreamConfig& one) { return !one.address.empty(); });
}

Result<RouterConfig> Discovered(const RouterConfig& config) {
  const Dns dns = DnsOf(config.resolver);
  std::vector<DownstreamConfig> found;
  for (const DiscoverConfig& source : config.discover) {
    std::vector<DownstreamConfig> of_source;
    for (const Part& part : PartsOf(source, dns)) {
      if (!part.targets) return part.targets.error();
      for (const Target& target : *part.targets) of_source.push_back(DownstreamOf(source, target));
    }
    if (of_source.empty()) {
      return Error{std::string(WordOf(source.kind)) + ": nothing was found at `" + source.where +
                   "`"};
    }
    std::ranges::sort(of_source, {}, &DownstreamConfig::label);
    std::ranges::move(of_source, std::back_inserter(found));
  }
  return WithDiscovered(config, found);
}

ResolverOptions ResolverOptionsOf(const ResolverConfig& resolver) {
  return {.interval = resolver.interval,
          .retry_interval = std::min<std::chrono::nanoseconds>(resolver.interval, kRetryInterval)};
}

Resolver::ResolveFunction ResolveBy(const ResolverConfig& resolver) {
  if (resolver.address.empty()) return Resolve;
  return [dns = DnsOf(resolver)](const std::string& host,
                                 uint16_t port) -> Result<std::vector<SocketAddress>> {
    auto addresses = dns.Addresses(host, port, Families::kEither);
    if (!addresses) return Error{"unable to resolve " + host + ": " + addresses.error().message};
    if (addresses->empty()) return Error{"unable to resolve " + host + ": no such name"};
    return addresses;
  };
}

}  // namespace weir
