// hulu's statsd-router: key=value lines.
//
// Stricter than its own reader in nothing, laxer where that reader stops at what is harmless: blank
// lines, blanks around keys and values, comments anywhere, quotes, missing keys.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/topology/config_draft.h"
#include "common/topology/config_scalars.h"
#include "common/yaml.h"
#include "common/yaml_map.h"

namespace weir {
namespace {

constexpr std::string_view kBlanks = " \t\r";
// Its send buffers, so the largest datagram its downstreams are used to.
constexpr uint32_t kMtu = 1450;

struct HuluFile {
  ConfigDraft& draft;
  std::optional<uint16_t> data_port;
  std::optional<uint16_t> control_port;
  std::optional<double> flush;
  std::optional<double> health_check;
  std::optional<double> ping;
  std::string ping_prefix;
  uint32_t threads = 1;
  Position threads_position;
};

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Without a comment behind it and without quotes around it.
std::string_view ValueOf(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'')) {
    const size_t close = text.find(text[0], 1);
    if (close != text.npos) return text.substr(1, close - 1);
  }
  for (size_t at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(text[at - 1]) != kBlanks.npos) return Trim(text.substr(0, at));
  }
  return text;
}

Position PositionIn(std::string_view line, std::string_view part, uint32_t number) {
  return {number, static_cast<uint32_t>(part.data() - line.data() + 1)};
}

void AddSetting(std::string_view line, uint32_t number, YamlNode* root, Diagnostics* diagnostics) {
  const std::string_view said = Trim(line);
  if (said.empty() || said[0] == '#' || said[0] == ';') return;
  const size_t equals = line.find('=');
  const std::string_view key = Trim(line.substr(0, equals));
  if (equals == line.npos || key.empty()) {
    diagnostics->Error(PositionIn(line, said, number),
                       "`" + std::string(said) + "` is not a setting such as data_port=8125");
    return;
  }
  const std::string_view value = ValueOf(line.substr(equals + 1));
  const auto node = std::make_shared<YamlNode>();
  node->kind = value.empty() ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar;
  node->text = value;
  node->is_plain = true;
  node->position = value.empty() ? Position{number, static_cast<uint32_t>(equals + 2)}
                                 : PositionIn(line, value, number);
  const Position where = PositionIn(line, key, number);
  for (YamlEntry& entry : root->entries) {
    if (entry.key != key) continue;
    diagnostics->Suspicion(where, "key `" + entry.key + "` is given twice, first in line " +
                                      std::to_string(entry.position.line) +
                                      "; the last one counts");
    entry = {std::string(key), where, node};
    return;
  }
  root->entries.push_back({std::string(key), where, node});
}

YamlNode ParseSettings(std::string_view text, Diagnostics* diagnostics) {
  YamlNode root;
  root.kind = YamlNode::Kind::kMap;
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    AddSetting(text.substr(0, end), number, &root, diagnostics);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return root;
}

// host:data_port[:health_port]; an IPv6 host stands in brackets.
void AddNode(const Field& field, std::string_view node, size_t offset, ConfigDraft* draft) {
  const Position where{field.node.position.line,
                       field.node.position.column + static_cast<uint32_t>(offset)};
  const size_t host_end = node.starts_with('[') ? node.find(']') + 1 : node.find(':');
  const size_t data_end = host_end == node.npos ? node.npos : node.find(':', host_end + 1);
  const std::string address(node.substr(0, data_end));
  const std::string health = data_end == node.npos ? ""
                                                   : std::string(node.substr(0, host_end)) +
                                                         std::string(node.substr(data_end));
  DownstreamConfig& downstream = draft->AddDownstream(where);
  downstream.address = address;
  if (!IsTarget(address) || (!health.empty() && !IsTarget(health))) {
    field.diagnostics.Error(where, "downstream: `" + std::string(node) +
                                       "` is not host:data_port:health_port, such as "
                                       "127.0.0.1:8127:8128");
    return;
  }
  if (health.empty()) return;
  downstream.health = health;
  downstream.health_kind = HealthKind::kStatsd;
}

void ReadNodes(const Field& field, HuluFile* into) {
  const std::string_view list = field.node.text;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view node = Trim(list.substr(begin, end - begin));
    if (!node.empty()) {
      AddNode(field, node, static_cast<size_t>(node.data() - list.data()), &into->draft);
    }
    begin = end + 1;
  }
}

template <std::optional<double> HuluFile::*kMember>
void ReadInterval(const Field& field, HuluFile* into) {
  into->*kMember = ReadPositive(field, "seconds");
}

constexpr Key<HuluFile> kKeys[] = {
    {"data_port", [](const Field& f, HuluFile* into) { ReadPort(f, &into->data_port); }},
    {"control_port", [](const Field& f, HuluFile* into) { ReadPort(f, &into->control_port); }},
    {"downstream", ReadNodes},
    {"downstream_flush_interval", ReadInterval<&HuluFile::flush>},
    {"downstream_health_check_interval", ReadInterval<&HuluFile::health_check>},
    {"downstream_ping_interval", ReadInterval<&HuluFile::ping>},
    {"ping_prefix", [](const Field& f, HuluFile* into) { ReadText(f, &into->ping_prefix); }},
    {"log_level",
     [](const Field& f, HuluFile*) {
       uint32_t ignored = 0;  // --log.level says it
       ReadInteger<uint32_t>(f, 0, 4, &ignored);
     }},
    {"threads_num",
     [](const Field& f, HuluFile* into) {
       into->threads_position = f.node.position;
       ReadInteger<uint32_t>(f, 1, kMostThreads, &into->threads);
     }},
};

// Its README promises a port per thread, its code has them share one: clients may use either.
void Listen(const HuluFile& file, Diagnostics* diagnostics) {
  ListenConfig& listen = file.draft.config.listen;
  listen.tcp.clear();
  const uint32_t first = *file.data_port;
  if (first + file.threads - 1 > 65535) {
    diagnostics->Error(file.threads_position,
                       "threads_num: ports " + std::to_string(first) + " to " +
                           std::to_string(first + file.threads - 1) +
                           " (data_port and one more per thread) must end at 65535");
    return;
  }
  listen.udp.clear();
  for (uint32_t i = 0; i < file.threads; ++i) listen.udp.push_back(":" + std::to_string(first + i));
}

void Fill(const HuluFile& file) {
  RouterConfig& config = file.draft.config;
  config.placement = Placement::kHulu;
  config.console.style = ConsoleStyle::kHulu;
  if (file.control_port) config.console.listen = ":" + std::to_string(*file.control_port);
  config.mtu = kMtu;
  config.threads = file.threads;
  if (file.flush) config.flush_interval = Seconds(*file.flush);
  if (file.ping) {
    config.ping.interval = Seconds(*file.ping);
    if (!file.ping_prefix.empty()) config.ping.prefix = file.ping_prefix;
  }
  HealthCheckConfig& health = config.health_check;
  health.fall = health.rise = 1;
  if (file.health_check) health.interval = health.timeout = Seconds(*file.health_check);
}

}  // namespace

bool ReadHuluConfig(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics) {
  const YamlNode root = ParseSettings(text, diagnostics);
  HuluFile file{*draft, {}, {}, {}, {}, {}, {}, 1, {}};
  draft->downstreams_key = "`downstream=`";
  ReadMap<HuluFile>(root, "a statsd-router file", kKeys, *diagnostics, &file);
  Fill(file);
  if (file.data_port) {
    Listen(file, diagnostics);
  } else {
    const bool is_given = std::any_of(root.entries.begin(), root.entries.end(), [](const auto& e) {
      return e.key == "data_port" && e.value->kind != YamlNode::Kind::kNull;
    });
    if (!is_given) diagnostics->Error({}, "data_port is missing; write data_port=8125");
  }
  return true;
}

}  // namespace weir
