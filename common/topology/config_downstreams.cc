#include "common/topology/config_downstreams.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "common/address.h"
#include "common/placement.h"
#include "common/topology/config_scalars.h"
#include "common/yaml_map.h"

namespace weir {
namespace {

constexpr std::string_view kUsualHttpPath = "/-/ready";
constexpr std::string_view kHttpScheme = "http://";

constexpr std::string_view kDiscoverWanted = "one of `address`, `dns`, `srv` and `file`";

// One entry as written.
struct Entry {
  DownstreamConfig config;
  Setting<std::string> where[std::size(Words<DiscoverKind>::kAll)];
  Position label;
  Position weight;
  Position queue;
  Setting<std::string> address;
  Setting<std::string> health;
  std::optional<HealthKind> health_kind;
};

constexpr Key<Entry> kKeys[] = {
    {"address", [](const Field& f, Entry* into) { Read(f, &into->address); }},
    {"dns", [](const Field& f, Entry* into) { Read(f, &into->where[0]); }},
    {"srv", [](const Field& f, Entry* into) { Read(f, &into->where[1]); }},
    {"file", [](const Field& f, Entry* into) { Read(f, &into->where[2]); }},
    {"health", [](const Field& f, Entry* into) { Read(f, &into->health); }},
    {"health_kind",
     [](const Field& f, Entry* into) {
       HealthKind kind = HealthKind::kNone;
       const size_t errors = f.diagnostics.error_count();
       ReadChoice(f, &kind);
       if (!IsNull(f) && f.diagnostics.error_count() == errors) into->health_kind = kind;
     }},
    {"label",
     [](const Field& f, Entry* into) {
       into->label = f.node.position;
       ReadText(f, &into->config.label);
     }},
    {"weight",
     [](const Field& f, Entry* into) {
       into->weight = f.node.position;
       ReadInteger<uint32_t>(f, 1, RingNode::kMaxWeight, &into->config.weight);
     }},
    {"transport", [](const Field& f, Entry* into) { ReadChoice(f, &into->config.transport); }},
    {"queue",
     [](const Field& f, Entry* into) {
       into->queue = f.node.position;
       ReadSize(f, &into->config.queue);
     }},
};

void TakeAddress(const Entry& entry, Position position, DownstreamConfig* config,
                 Diagnostics& diagnostics) {
  if (!entry.address || entry.address->empty()) {
    diagnostics.Error(position,
                      "this downstream has no `address`, such as 10.0.0.1:9125, nor `dns`, `srv` "
                      "or `file`");
    return;
  }
  config->address = *entry.address;
  if (config->transport == Transport::kUnixgram) return;  // any text is a path
  if (!IsTarget(config->address)) {
    diagnostics.Error(entry.address.position,
                      "address: `" + config->address + "` is not " + std::string(kTargetWanted));
  }
}

// What is wrong with what a kind of discovery is given; nothing when it is right.
std::string_view WantedWhere(DiscoverKind kind, std::string_view where) {
  switch (kind) {
    case DiscoverKind::kDns:
      return IsTarget(where) ? "" : "name:port, such as exporters.example:9125";
    case DiscoverKind::kSrv:
      return IsTarget(std::string(where) + ":1")
                 ? ""
                 : "the name of SRV records, such as _statsd._udp.exporters.example";
    case DiscoverKind::kFile:
      break;
  }
  const size_t slash = where.rfind('/');
  const bool has_pattern = slash != where.npos && where.find_first_of("*?[") < slash;
  return !where.empty() && !has_pattern
             ? ""
             : "a path, such as targets/*.yml, with patterns in its last part only";
}

void TakeWhere(const Entry& entry, DiscoverConfig* config, Diagnostics& diagnostics) {
  const size_t kind = std::ranges::find_if(entry.where, [](const auto& it) { return bool(it); }) -
                      std::begin(entry.where);
  const Setting<std::string>& where = entry.where[kind];
  config->kind = static_cast<DiscoverKind>(kind);
  config->where = *where;
  const std::string word(WordOf(config->kind));
  if (const auto wanted = WantedWhere(config->kind, *where); !wanted.empty()) {
    diagnostics.Error(where.position, word + ": `" + *where + "` is not " + std::string(wanted));
  }
  if (entry.label.line != 0) {
    diagnostics.Error(entry.label, "label: downstreams by `" + word +
                                       "` are called by their own addresses; leave it out");
    config->like.label.clear();
  }
  if (config->like.transport == Transport::kUnixgram) {
    diagnostics.Error(where.position,
                      word + ": it finds hosts and ports, so `transport` is udp or tcp");
  }
}

// Where the probes of a discovered downstream go: its own host stands before the port.
bool IsPort(std::string_view text) {
  const auto address = ParseListenAddress(text);
  return address && address->host.empty() && address->port != 0;
}

// http://host[:port][/path]
void TakeUrl(std::string_view url, DownstreamConfig* config) {
  url.remove_prefix(kHttpScheme.size());
  const size_t slash = url.find('/');
  config->health = url.substr(0, slash);
  if (!IsTarget(config->health) && !IsPort(config->health)) config->health += ":80";
  config->health_path = slash == url.npos ? "/" : url.substr(slash);
}

void TakeHealth(const Entry& entry, HealthKind usual, bool is_discovered, DownstreamConfig* config,
                DownstreamNote* note, Diagnostics& diagnostics) {
  const std::string health = entry.health.value_or("");
  const HealthKind kind = entry.health_kind.value_or(usual);
  const auto wrong = [&](std::string_view wanted) {
    diagnostics.Error(entry.health.position,
                      "health: `" + health + "` is not " + std::string(wanted));
  };
  note->unprobed_on_purpose = kind == HealthKind::kNone || health == "none";
  if (health.empty() || note->unprobed_on_purpose) return;
  config->health_kind = kind;
  config->health = health;
  if (health.find("://") != health.npos) {
    if (!health.starts_with(kHttpScheme)) return wrong("a URL that begins with http://");
    if (entry.health_kind && kind != HealthKind::kHttp) {
      return wrong("an address for health_kind: " + std::string(WordOf(kind)) + ", which is " +
                   std::string(kTargetWanted));
    }
    config->health_kind = HealthKind::kHttp;
    TakeUrl(health, config);
  } else if (kind == HealthKind::kHttp) {
    config->health_path = kUsualHttpPath;
  }
  if (is_discovered) {
    if (IsPort(config->health)) return;
    wrong("a port alone, such as :9126 or http://:9102/-/ready; the host is each downstream's own");
  } else if (!IsTarget(config->health)) {
    wrong(std::string(kTargetWanted) + ", nor a URL such as http://10.0.0.1:9102/-/ready");
  }
}

void ReadEntry(const Field& item, ConfigDraft* draft) {
  Entry entry;
  if (item.node.kind == YamlNode::Kind::kMap) {
    ReadMap<Entry>(item.node, "a downstream", kKeys, item.diagnostics, &entry);
  } else {
    Read(item, &entry.address);  // the short form: only an address
  }
  const size_t given = std::ranges::count_if(entry.where, [](const auto& it) { return bool(it); });
  if (given + bool(entry.address) > 1) {
    item.diagnostics.Error(item.node.position,
                           "a downstream takes only " + std::string(kDiscoverWanted));
  }
  const bool is_discovered = given > 0;
  DownstreamConfig& config = is_discovered ? draft->AddDiscover(item.node.position).like
                                           : draft->AddDownstream(item.node.position);
  DownstreamNote& note = is_discovered ? draft->discover_notes.back() : draft->notes.back();
  config = entry.config;
  note.weight_position = entry.weight;
  if (is_discovered) {
    TakeWhere(entry, &draft->config.discover.back(), item.diagnostics);
  } else {
    TakeAddress(entry, item.node.position, &config, item.diagnostics);
  }
  TakeHealth(entry, draft->config.health_check.kind, is_discovered, &config, &note,
             item.diagnostics);
  if (entry.queue.line != 0 && config.transport != Transport::kTcp) {
    item.diagnostics.Suspicion(entry.queue,
                               "queue: only `transport: tcp` has one; here it has no effect");
    config.queue = DownstreamConfig().queue;
  }
}

}  // namespace

void ReadDownstreams(const Field& field, ConfigDraft* draft) {
  draft->is_list_broken = !IsNull(field) && field.node.kind != YamlNode::Kind::kSequence;
  ReadList(field, "a list such as [{address: \"10.0.0.1:9125\"}]",
           [&](const Field& item) { ReadEntry(item, draft); });
}

void AddPlainDownstream(std::string_view address, Position position, ConfigDraft* draft) {
  draft->AddDownstream(position).address = address;
}

}  // namespace weir
