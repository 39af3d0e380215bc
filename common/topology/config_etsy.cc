// etsy's proxy.js: a JavaScript object.

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

constexpr uint16_t kUsualPort = 8125;
constexpr uint16_t kUsualConsolePort = 8126;
constexpr double kUsualCheckMillis = 10000;

struct EtsyFile {
  ConfigDraft& draft;
  std::string address;
  Position address_position;
  std::optional<uint16_t> port;
  std::string console_address;
  Position console_position;
  std::optional<uint16_t> console_port;
  double check_millis = kUsualCheckMillis;
  uint32_t threads = 1;
  bool is_stream = false;  // server: './servers/tcp'
  std::string socket;
  uint32_t socket_mode = ListenConfig().unix_mode;
};

void Ignore(const Field&, EtsyFile*) {}

// A path to one of its modules, whose last part says which.
void ReadServer(const Field& field, EtsyFile* into) {
  constexpr std::string_view kWanted = "'./servers/udp' or './servers/tcp'";
  const auto text = TextOf(field, kWanted);
  if (!text) return;
  std::string_view name = text->substr(text->rfind('/') + 1);
  if (name.ends_with(".js")) name.remove_suffix(3);
  if (name != "udp" && name != "tcp") return ReportWrongValue(field, kWanted);
  into->is_stream = name == "tcp";
}

// proxy.js does not look at `host`, though its sample and its docs have it.
void ReadHost(const Field& field, EtsyFile*) {
  std::string host;
  ReadText(field, &host);
  if (host.empty() || ListenAddress{host, 0}.wildcard()) return;
  field.diagnostics.Warning(field.node.position, "host: `" + host +
                                                     "` has no effect, as in proxy.js; write "
                                                     "`address` to listen there only");
}

void ReadForks(const Field& field, EtsyFile* into) {
  if (field.node.kind == YamlNode::Kind::kScalar && field.node.text == "auto") {
    into->threads = 0;
    return;
  }
  ReadInteger<uint32_t>(field, 0, kMostThreads, &into->threads);
  if (into->threads == 0) into->threads = 1;
}

constexpr Key<EtsyFile> kKeys[] = {
    {"nodes", [](const Field& f, EtsyFile* into) { ReadNodes(f, false, &into->draft); }},
    {"port", [](const Field& f, EtsyFile* into) { ReadPort(f, &into->port); }},
    {"address",
     [](const Field& f, EtsyFile* into) {
       into->address_position = f.node.position;
       ReadText(f, &into->address);
     }},
    {"host", ReadHost},
    {"server", ReadServer},
    {"socket", [](const Field& f, EtsyFile* into) { ReadText(f, &into->socket); }},
    {"socket_mod", [](const Field& f, EtsyFile* into) { ReadFileMode(f, &into->socket_mode); }},
    {"checkInterval",
     [](const Field& f, EtsyFile* into) {
       into->check_millis = ReadPositive(f, "milliseconds").value_or(kUsualCheckMillis);
     }},
    {"forkCount", ReadForks},
    {"mgmt_port", [](const Field& f, EtsyFile* into) { ReadPort(f, &into->console_port); }},
    {"mgmt_address",
     [](const Field& f, EtsyFile* into) {
       into->console_position = f.node.position;
       ReadText(f, &into->console_address);
     }},
    // Weir needs none of them: it listens on IPv6 anyway, keeps no cache of names, is told by flags
    // how to log, and watches its file always.
    {"address_ipv6", Ignore},
    {"udp_version", Ignore},
    {"cacheSize", Ignore},
    {"log", Ignore},
    {"title", Ignore},
    {"automaticConfigReload", Ignore},
    {"debug", Ignore},
    {"dumpMessages", Ignore},
};

// JavaScript and JSON write no brackets around an IPv6 address, but somebody may have.
std::string Address(std::string host, uint16_t port, std::string_view key, Position position,
                    Diagnostics* diagnostics) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::string address = JoinHostPort(host, port);
  if (!IsListenAddress(address)) {
    diagnostics->Error(position,
                       std::string(key) + ": `" + host + "` is not an address to listen on");
  }
  return address;
}

void Listen(const EtsyFile& file, Diagnostics* diagnostics) {
  ListenConfig& listen = file.draft.config.listen;
  const std::string address = Address(file.address, file.port.value_or(kUsualPort), "address",
                                      file.address_position, diagnostics);
  listen.udp.clear();
  listen.tcp.clear();
  if (!file.is_stream) {
    listen.udp.push_back(address);
  } else if (file.socket.empty()) {
    listen.tcp = address;
  } else {
    listen.unix_stream = file.socket;
    listen.unix_mode = file.socket_mode;
  }
}

}  // namespace

bool ReadEtsyConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics) {
  const YamlNodePtr root = ParseObjectLiteral(text, diagnostics);
  if (root->kind != YamlNode::Kind::kMap) return false;
  EtsyFile file{
      *draft, {}, {}, {}, {}, {}, {}, kUsualCheckMillis, 1, false, {}, ListenConfig().unix_mode};
  draft->downstreams_key = "`nodes`";
  ReadMap<EtsyFile>(*root, "a proxy.js file", kKeys, *diagnostics, &file);

  RouterConfig& config = draft->config;
  Listen(file, diagnostics);
  config.placement = Placement::kEtsy;
  config.validation = ValidationLevel::kOff;
  config.threads = file.threads;
  config.console.style = ConsoleStyle::kEtsy;
  config.console.listen =
      Address(file.console_address, file.console_port.value_or(kUsualConsolePort), "mgmt_address",
              file.console_position, diagnostics);
  HealthCheckConfig& health = config.health_check;
  health.fall = health.rise = 1;
  health.interval = health.timeout = Seconds(file.check_millis / 1000);
  return true;
}

}  // namespace weir
