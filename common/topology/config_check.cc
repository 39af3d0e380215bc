// What a configuration's keys say together.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/address.h"
#include "common/topology/config_downstreams.h"
#include "common/topology/config_draft.h"
#include "common/topology/config_scalars.h"

namespace weir {
namespace {

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

bool HasWeights(Placement placement) {
  return placement == Placement::kSlots || placement == Placement::kKetama;
}

void CheckLabels(ConfigDraft* draft, Diagnostics* diagnostics) {
  std::map<std::string, Position> seen;
  for (size_t i = 0; i < draft->config.downstreams.size(); ++i) {
    DownstreamConfig& downstream = draft->config.downstreams[i];
    if (downstream.label.empty()) downstream.label = downstream.address;
    if (downstream.label.empty()) continue;  // its address is wrong, which was said
    const Position here = draft->notes[i].position;
    const auto [first, is_new] = seen.emplace(downstream.label, here);
    if (is_new) continue;
    const std::string where =
        first->second.line == 0 ? "" : ", first in line " + std::to_string(first->second.line);
    diagnostics->Error(here, "two downstreams are called " + Quoted(downstream.label) + where +
                                 "; give one of them another `label`, or leave it out");
  }
}

// Calls back with each downstream, and with what those that are discovered are like.
template <class Check>
void CheckEach(const ConfigDraft& draft, const Check& check) {
  const RouterConfig& config = draft.config;
  for (size_t i = 0; i < config.downstreams.size(); ++i) {
    check(config.downstreams[i], config.downstreams[i].label, draft.notes[i]);
  }
  for (size_t i = 0; i < config.discover.size(); ++i) {
    check(config.discover[i].like, config.discover[i].where, draft.discover_notes[i]);
  }
}

void CheckProbes(const ConfigDraft& draft, Diagnostics* diagnostics) {
  CheckEach(draft, [&](const DownstreamConfig& downstream, const std::string& name,
                       const DownstreamNote& note) {
    if (downstream.health_kind != HealthKind::kNone || note.unprobed_on_purpose) return;
    diagnostics->Warning(note.position,
                         "downstream " + Quoted(name) +
                             " has no health address, so only refusals of its data port will tell "
                             "that it is dead");
  });
}

bool IsThisHost(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// The listener that a downstream's address leads back to, as far as it can be told without asking
// for names or interfaces.
std::optional<std::string> FindOwn(const ListenConfig& listen, const DownstreamConfig& downstream) {
  if (downstream.transport == Transport::kUnixgram) {
    return downstream.address == listen.unixgram ? std::optional(listen.unixgram) : std::nullopt;
  }
  const bool is_tcp = downstream.transport == Transport::kTcp;
  const auto there = ParseListenAddress(downstream.address);
  if (!there || there->port == 0) return std::nullopt;
  for (const std::string& text : is_tcp ? std::vector{listen.tcp} : listen.udp) {
    const auto here = ParseListenAddress(text);
    if (!here || here->port != there->port) continue;
    if (here->host == there->host || (here->wildcard() && IsThisHost(there->host))) return text;
  }
  return std::nullopt;
}

void CheckLoops(const ConfigDraft& draft, Diagnostics* diagnostics) {
  for (size_t i = 0; i < draft.config.downstreams.size(); ++i) {
    const DownstreamConfig& downstream = draft.config.downstreams[i];
    const auto own = FindOwn(draft.config.listen, downstream);
    if (!own) continue;
    diagnostics->Warning(draft.notes[i].position,
                         "downstream " + Quoted(downstream.label) +
                             " is where this router itself listens (" + Quoted(*own) +
                             "): its lines would come back again and again");
  }
}

void CheckWeights(const ConfigDraft& draft, Diagnostics* diagnostics) {
  if (HasWeights(draft.config.placement)) return;
  CheckEach(draft, [&](const DownstreamConfig& downstream, const std::string&,
                       const DownstreamNote& note) {
    if (downstream.weight == 1) return;
    diagnostics->Suspicion(note.weight_position,
                           "weight: `placement: " + std::string(WordOf(draft.config.placement)) +
                               "` knows no weights; slots and ketama do");
  });
}

// Two of a kind would find each downstream twice.
void CheckDiscover(const ConfigDraft& draft, Diagnostics* diagnostics) {
  std::map<std::pair<DiscoverKind, std::string>, Position> seen;
  for (size_t i = 0; i < draft.config.discover.size(); ++i) {
    const DiscoverConfig& discover = draft.config.discover[i];
    const Position here = draft.discover_notes[i].position;
    const auto [first, is_new] = seen.emplace(std::pair(discover.kind, discover.where), here);
    if (is_new) continue;
    diagnostics->Error(here, std::string(WordOf(discover.kind)) + ": " + Quoted(discover.where) +
                                 " stands in line " + std::to_string(first->second.line) +
                                 " already");
  }
}

std::optional<uint16_t> FindDownstream(const std::vector<DownstreamConfig>& downstreams,
                                       std::string_view name) {
  for (const auto member : {&DownstreamConfig::label, &DownstreamConfig::address}) {
    const auto found = std::ranges::find(downstreams, name, member);
    if (found != downstreams.end()) return static_cast<uint16_t>(found - downstreams.begin());
  }
  return std::nullopt;
}

void CheckShards(ConfigDraft* draft, Diagnostics* diagnostics) {
  const RouterConfig& config = draft->config;
  const bool is_statsrelay = config.placement == Placement::kStatsrelay;
  if (draft->shards_position.line != 0 && !is_statsrelay) {
    diagnostics->Suspicion(draft->shards_position,
                           "shard_map: only `placement: statsrelay` has shards");
    return;
  }
  for (const auto& [label, position] : draft->shards) {
    const auto found = FindDownstream(config.downstreams, label);
    if (!found) {
      diagnostics->Error(position, "shard_map: " + Quoted(label) +
                                       " is neither the label nor the address of a downstream");
    }
    draft->config.shard_map.push_back(found.value_or(0));
  }
}

void CheckKey(const ConfigDraft& draft, Diagnostics* diagnostics) {
  const RouterConfig& config = draft.config;
  if (config.key != KeyKind::kSeries || config.placement == Placement::kSlots) return;
  diagnostics->Error(draft.key_position,
                     "key: `placement: " + std::string(WordOf(config.placement)) +
                         "` places names, as the router it stands in for does; `key: series` "
                         "needs `placement: slots`");
}

void CheckMapping(const ConfigDraft& draft, Diagnostics* diagnostics) {
  const bool is_mapped = draft.config.key == KeyKind::kMapped;
  if (is_mapped && draft.config.mapping.empty()) {
    diagnostics->Error(draft.mapping_position,
                       "`key: mapped` needs the rules: `mapping: rules.yml`, or a list of files");
  } else if (!is_mapped && draft.mapping_position.line != 0) {
    diagnostics->Suspicion(draft.mapping_position,
                           "mapping: only `key: mapped` uses rules; here they have no effect");
  }
}

void CheckListeners(const ConfigDraft& draft, Diagnostics* diagnostics) {
  const ListenConfig& listen = draft.config.listen;
  if (draft.may_listen_on_nothing || !listen.udp.empty() || !listen.tcp.empty() ||
      !listen.unixgram.empty() || !listen.unix_stream.empty()) {
    return;
  }
  diagnostics->Error({},
                     "there is nothing to listen on; give at least one of udp, tcp, unixgram "
                     "and unix under `listen`");
}

// Wrong values go back to what the file says.
void TakeListen(std::string_view flag, const std::string& text, std::string* out,
                Diagnostics* diagnostics) {
  if (text.empty() || IsListenAddress(text)) {
    *out = text;
  } else {
    diagnostics->Error({}, std::string(flag) + ": " + Quoted(text) +
                               " is not an address to listen on, such as :8125, 127.0.0.1:8125 or "
                               "[::1]:8125");
  }
}

void ReplaceDownstreams(const std::vector<std::string>& addresses, ConfigDraft* draft,
                        Diagnostics* diagnostics) {
  draft->config.downstreams.clear();
  draft->notes.clear();
  draft->config.discover.clear();
  draft->discover_notes.clear();
  for (const std::string& address : addresses) {
    AddPlainDownstream(address, {}, draft);
    if (IsTarget(address)) continue;
    diagnostics->Error(
        {}, "--downstream: " + Quoted(address) + " is not " + std::string(kTargetWanted));
  }
}

}  // namespace

DownstreamConfig& ConfigDraft::AddDownstream(Position position) {
  notes.push_back({position, {}, false});
  return config.downstreams.emplace_back();
}

DiscoverConfig& ConfigDraft::AddDiscover(Position position) {
  discover_notes.push_back({position, {}, false});
  return config.discover.emplace_back();
}

void ApplyOverrides(const ConfigOverrides& overrides, ConfigDraft* draft,
                    Diagnostics* diagnostics) {
  RouterConfig& config = draft->config;
  if (overrides.listen_udp) {
    config.listen.udp.clear();
    for (const std::string& text : *overrides.listen_udp) {
      std::string address;
      TakeListen("--listen-udp", text, &address, diagnostics);
      if (!address.empty()) config.listen.udp.push_back(address);
    }
  }
  if (overrides.listen_tcp) {
    TakeListen("--listen-tcp", *overrides.listen_tcp, &config.listen.tcp, diagnostics);
  }
  if (overrides.web) {
    TakeListen("--web.listen-address", *overrides.web, &config.web, diagnostics);
  }
  if (overrides.console) {
    TakeListen("--console.listen-address", *overrides.console, &config.console.listen, diagnostics);
  }
  if (!overrides.downstreams.empty()) {
    ReplaceDownstreams(overrides.downstreams, draft, diagnostics);
  }
  draft->may_listen_on_nothing = overrides.may_listen_on_nothing;
  if (overrides.placement) config.placement = *overrides.placement;
  if (overrides.threads != 0) config.threads = overrides.threads;
}

void CheckDraft(ConfigDraft* draft, Diagnostics* diagnostics) {
  if (draft->config.downstreams.size() > RingConfig::kMaxNodes) {
    diagnostics->Error({}, std::to_string(draft->config.downstreams.size()) +
                               " downstreams are more than the " +
                               std::to_string(RingConfig::kMaxNodes) + " that placement knows");
    return;
  }
  if (draft->config.downstreams.empty() && draft->config.discover.empty() &&
      !draft->is_list_broken) {
    diagnostics->Error({}, "there is no downstream; list at least one under " +
                               std::string(draft->downstreams_key) +
                               ", or give --downstream host:port");
  }
  CheckListeners(*draft, diagnostics);
  CheckLabels(draft, diagnostics);
  CheckProbes(*draft, diagnostics);
  CheckLoops(*draft, diagnostics);
  CheckWeights(*draft, diagnostics);
  CheckDiscover(*draft, diagnostics);
  CheckShards(draft, diagnostics);
  CheckKey(*draft, diagnostics);
  CheckMapping(*draft, diagnostics);
}

}  // namespace weir
