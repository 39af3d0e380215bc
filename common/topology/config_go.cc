// go-statsd-proxy: JSON.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/address.h"
#include "common/topology/config_draft.h"
#include "common/topology/config_nodes.h"
#include "common/topology/config_scalars.h"
#include "common/topology/object_literal.h"
#include "common/yaml_map.h"

namespace weir {
namespace {

// Its code takes checkInterval for seconds, its sample says 1000: from here on it was meant in
// milliseconds, as in the file of etsy's proxy that the sample was made from.
constexpr double kLeastMillis = 100;

struct GoFile {
  ConfigDraft& draft;
  std::string host;
  Position host_position;
  std::optional<uint16_t> port;
  std::optional<uint16_t> management_port;
  std::optional<double> check_interval;
  Position check_position;
};

// 0 is as if it were not there: Go's zero value.
void ReadOptionalPort(const Field& field, std::optional<uint16_t>* out) {
  uint16_t port = 0;
  ReadInteger<uint16_t>(field, 0, 65535, &port);
  if (port != 0) *out = port;
}

constexpr Key<GoFile> kKeys[] = {
    {"nodes", [](const Field& f, GoFile* into) { ReadNodes(f, true, &into->draft); }},
    {"host",
     [](const Field& f, GoFile* into) {
       into->host_position = f.node.position;
       ReadText(f, &into->host);
     }},
    {"port", [](const Field& f, GoFile* into) { ReadPort(f, &into->port); }},
    {"managementport",
     [](const Field& f, GoFile* into) { ReadOptionalPort(f, &into->management_port); }},
    {"checkinterval",
     [](const Field& f, GoFile* into) {
       into->check_position = f.node.position;
       double interval = 0;
       if (const auto number = ReadNumber(f, "a number of seconds")) interval = *number;
       if (interval < 0) return ReportWrongValue(f, "a number of seconds");
       if (interval > 0) into->check_interval = interval;
     }},
    {"cachesize", [](const Field&, GoFile*) {}},  // of etsy's proxy; it ignores it as well
};

void TakeInterval(const GoFile& file, Diagnostics* diagnostics) {
  HealthCheckConfig& health = file.draft.config.health_check;
  health.fall = health.rise = 1;
  if (!file.check_interval) return;
  const bool is_millis = *file.check_interval >= kLeastMillis;
  health.interval = health.timeout = Seconds(*file.check_interval / (is_millis ? 1000 : 1));
  if (!is_millis) return;
  diagnostics->Warning(
      file.check_position,
      "checkInterval: taken for milliseconds; go-statsd-proxy took it for seconds");
}

}  // namespace

bool ReadGoConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics) {
  const YamlNodePtr root = ParseObjectLiteral(text, diagnostics);
  if (root->kind != YamlNode::Kind::kMap) return false;
  GoFile file{*draft, {}, {}, {}, {}, {}, {}};
  draft->downstreams_key = "`nodes`";
  ReadMap<GoFile>(InLowerCase(*root), "a go-statsd-proxy file", kKeys, *diagnostics, &file);

  RouterConfig& config = draft->config;
  config.listen.tcp.clear();
  const std::string address = JoinHostPort(file.host, file.port.value_or(8125));
  config.listen.udp = {address};
  if (!IsListenAddress(address)) {
    diagnostics->Error(file.host_position,
                       "host: `" + file.host + "` is not an address to listen on");
  }
  config.console.style = ConsoleStyle::kGo;
  if (file.management_port) config.console.listen = ":" + std::to_string(*file.management_port);
  TakeInterval(file, diagnostics);
  diagnostics->Warning({},
                       "go-statsd-proxy's own placement leaves some nodes without keys, so keys "
                       "are placed by `slots`; they move when you change over");
  return true;
}

}  // namespace weir
