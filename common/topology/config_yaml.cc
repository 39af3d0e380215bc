// Our own form.

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/address.h"
#include "common/topology/config_downstreams.h"
#include "common/topology/config_draft.h"
#include "common/topology/config_scalars.h"
#include "common/yaml.h"
#include "common/yaml_map.h"

namespace weir {
namespace {

using Kind = YamlNode::Kind;

constexpr uint32_t kMostMtu = 65507;  // what a UDP datagram carries over IPv4
constexpr uint32_t kMostResults = 1000;
constexpr uint64_t kMostReadBuffer = uint64_t{1} << 30;
constexpr std::string_view kUsualConsole = "127.0.0.1:8126";
constexpr std::chrono::seconds kUsualPingInterval{10};

// The file as far as it has been read.
struct Reading {
  ConfigDraft& draft;
  RouterConfig& config;
  Position timeout;  // line 0: not given
};

// `key: {...}`; a key without value changes nothing.
template <class T>
void ReadPart(const Field& field, std::string_view example, std::span<const Key<T>> keys, T* into) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) {
    return ReportWrongValue(field, "a map such as " + std::string(example));
  }
  ReadMap<T>(field.node, "`" + std::string(field.key) + "`", keys, field.diagnostics, into);
}

void ReadUdp(const Field& field, ListenConfig* into) {
  if (IsNull(field)) return;
  into->udp.clear();
  const auto add = [&](const Field& item) {
    std::string address;
    ReadListen(item, &address);
    if (!address.empty()) into->udp.push_back(std::move(address));
  };
  if (field.node.kind != Kind::kSequence) return add(field);
  for (const YamlNodePtr& item : field.node.items) add({field.key, *item, field.diagnostics});
}

constexpr Key<ListenConfig> kListenKeys[] = {
    {"udp", ReadUdp},
    {"tcp", [](const Field& f, ListenConfig* into) { ReadListen(f, &into->tcp); }},
    {"unixgram", [](const Field& f, ListenConfig* into) { ReadText(f, &into->unixgram); }},
    {"unix", [](const Field& f, ListenConfig* into) { ReadText(f, &into->unix_stream); }},
    {"unix_mode", [](const Field& f, ListenConfig* into) { ReadFileMode(f, &into->unix_mode); }},
};

constexpr Key<ConsoleConfig> kConsoleKeys[] = {
    {"listen", [](const Field& f, ConsoleConfig* into) { ReadListen(f, &into->listen); }},
    {"style", [](const Field& f, ConsoleConfig* into) { ReadChoice(f, &into->style); }},
};

constexpr Key<RouterConfig> kWebKeys[] = {
    {"listen", [](const Field& f, RouterConfig* into) { ReadListen(f, &into->web); }},
};

constexpr Key<PingConfig> kPingKeys[] = {
    {"interval", [](const Field& f, PingConfig* into) { ReadDuration(f, &into->interval); }},
    {"prefix", [](const Field& f, PingConfig* into) { ReadText(f, &into->prefix); }},
};

// Numeric, for there is nobody to ask for its name.
void ReadServer(const Field& field, std::string* out) {
  constexpr std::string_view kWanted =
      "the numeric address of a DNS server, such as 127.0.0.1:8600 or [::1]:53";
  const auto text = TextOf(field, kWanted);
  if (!text) return;
  const auto address = ParseListenAddress(*text);
  const bool good = text->empty() || (address && address->port != 0 &&
                                      LiteralAddress(address->host, address->port).has_value());
  if (!good) return ReportWrongValue(field, kWanted);
  *out = *text;
}

constexpr Key<ResolverConfig> kResolverKeys[] = {
    {"address", [](const Field& f, ResolverConfig* into) { ReadServer(f, &into->address); }},
    {"interval", [](const Field& f, ResolverConfig* into) { ReadDuration(f, &into->interval); }},
};

HealthCheckConfig* HealthOf(Reading* into) { return &into->config.health_check; }

constexpr Key<Reading> kHealthKeys[] = {
    {"kind", [](const Field& f, Reading* into) { ReadChoice(f, &HealthOf(into)->kind); }},
    {"interval", [](const Field& f, Reading* into) { ReadDuration(f, &HealthOf(into)->interval); }},
    {"timeout",
     [](const Field& f, Reading* into) {
       if (!IsNull(f)) into->timeout = f.node.position;
       ReadDuration(f, &HealthOf(into)->timeout);
     }},
    {"fall",
     [](const Field& f, Reading* into) {
       ReadInteger<uint32_t>(f, 1, kMostResults, &HealthOf(into)->fall);
     }},
    {"rise",
     [](const Field& f, Reading* into) {
       ReadInteger<uint32_t>(f, 1, kMostResults, &HealthOf(into)->rise);
     }},
};

constexpr Key<HoldConfig> kHoldKeys[] = {
    {"time", [](const Field& f, HoldConfig* into) { ReadDuration(f, &into->time); }},
    {"bytes", [](const Field& f, HoldConfig* into) { ReadSize(f, &into->bytes); }},
};

// A list of labels, or a map from 0, 1, 2... to them.
void ReadShardMap(const Field& field, Reading* into) {
  constexpr std::string_view kWanted =
      "a list of downstreams such as [a, b, a, b], or a map such as {0: a, 1: b}";
  if (IsNull(field)) return;
  into->draft.shards_position = field.node.position;
  const auto add = [&](const YamlNode& node) {
    std::string label;
    ReadText({field.key, node, field.diagnostics}, &label);
    into->draft.shards.emplace_back(std::move(label), node.position);
  };
  if (field.node.kind == Kind::kSequence) {
    for (const YamlNodePtr& item : field.node.items) add(*item);
  } else if (field.node.kind == Kind::kMap) {
    for (const YamlEntry& entry : field.node.entries) {
      const std::string wanted = std::to_string(into->draft.shards.size());
      if (entry.key != wanted) {
        field.diagnostics.Error(entry.position, "shard_map: shards count up from 0, so `" +
                                                    entry.key + "` should be " + wanted);
      }
      add(*entry.value);
    }
  } else {
    ReportWrongValue(field, kWanted);
  }
}

void ReadMapping(const Field& field, Reading* into) {
  into->draft.mapping_position = field.node.position;
  ReadTexts(field, &into->config.mapping);
}

void ReadConsole(const Field& field, Reading* into) {
  if (!IsNull(field)) into->config.console.listen = kUsualConsole;
  ReadPart<ConsoleConfig>(field, "{listen: \"127.0.0.1:8126\"}", kConsoleKeys,
                          &into->config.console);
}

void ReadPing(const Field& field, Reading* into) {
  if (!IsNull(field)) into->config.ping.interval = kUsualPingInterval;
  ReadPart<PingConfig>(field, "{interval: 10s, prefix: weir}", kPingKeys, &into->config.ping);
}

constexpr Key<Reading> kTopKeys[] = {
    {"listen",
     [](const Field& f, Reading* into) {
       ReadPart<ListenConfig>(f, "{udp: \":8125\"}", kListenKeys, &into->config.listen);
     }},
    {"console", ReadConsole},
    {"web",
     [](const Field& f, Reading* into) {
       ReadPart<RouterConfig>(f, "{listen: \":9145\"}", kWebKeys, &into->config);
     }},
    {"key",
     [](const Field& f, Reading* into) {
       into->draft.key_position = f.node.position;
       ReadChoice(f, &into->config.key);
     }},
    {"mapping", ReadMapping},
    {"placement", [](const Field& f, Reading* into) { ReadChoice(f, &into->config.placement); }},
    {"shard_map", ReadShardMap},
    {"name_end", [](const Field& f, Reading* into) { ReadChoice(f, &into->config.name_end); }},
    {"mtu", [](const Field& f,
               Reading* into) { ReadInteger<uint32_t>(f, 1, kMostMtu, &into->config.mtu); }},
    {"flush_interval",
     [](const Field& f, Reading* into) { ReadDuration(f, &into->config.flush_interval); }},
    {"validation", [](const Field& f, Reading* into) { ReadChoice(f, &into->config.validation); }},
    {"ping", ReadPing},
    {"health_check",
     [](const Field& f, Reading* into) {
       ReadPart<Reading>(f, "{kind: statsd, interval: 2s}", kHealthKeys, into);
     }},
    {"on_down", [](const Field& f, Reading* into) { ReadChoice(f, &into->config.on_down); }},
    {"hold",
     [](const Field& f, Reading* into) {
       ReadPart<HoldConfig>(f, "{time: 30s, bytes: 16MiB}", kHoldKeys, &into->config.hold);
     }},
    {"panic_threshold",
     [](const Field& f, Reading* into) {
       ReadInteger<uint32_t>(f, 0, 100, &into->config.panic_threshold);
     }},
    {"read_buffer",
     [](const Field& f, Reading* into) {
       uint64_t bytes = into->config.read_buffer;
       ReadSize(f, &bytes);
       if (bytes > kMostReadBuffer) return ReportWrongValue(f, "at most 1GiB");
       into->config.read_buffer = bytes;
     }},
    {"threads",
     [](const Field& f, Reading* into) {
       ReadInteger<uint32_t>(f, 0, kMostThreads, &into->config.threads);
     }},
    {"resolver",
     [](const Field& f, Reading* into) {
       ReadPart<ResolverConfig>(f, "{address: \"127.0.0.1:8600\", interval: 30s}", kResolverKeys,
                                &into->config.resolver);
     }},
    {"downstreams", [](const Field&, Reading*) {}},  // later, for they need `health_check`
};

void CheckTimeout(Reading* reading, Diagnostics* diagnostics) {
  HealthCheckConfig& health = reading->config.health_check;
  if (health.timeout <= health.interval) return;
  if (reading->timeout.line == 0) {
    health.timeout = health.interval;
  } else {
    diagnostics->Error(reading->timeout,
                       "timeout: it must not be longer than the `interval` of `health_check`");
  }
}

}  // namespace

bool ReadYamlConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics) {
  const YamlNodePtr root = ParseYaml(text, diagnostics);
  if (root == nullptr) return diagnostics->error_count() == 0;
  if (root->kind == Kind::kNull) return true;
  if (root->kind != Kind::kMap) {
    ReportWrongValue({"the file", *root, *diagnostics},
                     "a router's configuration, which is a map with `downstreams`");
    return false;
  }
  Reading reading{*draft, draft->config, {}};
  ReadMap<Reading>(*root, "a router's configuration", kTopKeys, *diagnostics, &reading);
  CheckTimeout(&reading, diagnostics);
  for (const YamlEntry& entry : root->entries) {
    if (entry.key == "downstreams") ReadDownstreams({entry.key, *entry.value, *diagnostics}, draft);
  }
  return true;
}

}  // namespace weir
