#include "router/etsy_text.h"

#include <chrono>
#include <string_view>

#include "common/address.h"
#include "common/check.h"
#include "common/diagnostics.h"
#include "common/yaml.h"
#include "router/shown.h"

namespace weir {
namespace {

void Add(std::string_view key, std::string_view value, std::string* text) {
  text->append(key).append(": ").append(value).append("\n");
}

// `prefix`address and `prefix`port.
void AddAddress(const std::string& prefix, const std::string& where, std::string* text) {
  const auto address = ParseListenAddress(where);
  if (!address) return;  // there is none
  if (!address->host.empty()) Add(prefix + "address", address->host, text);
  Add(prefix + "port", std::to_string(address->port), text);
}

void AddInWordsOfProxyJs(const RouterConfig& config, std::string* text) {
  for (size_t i = 0; i < config.downstreams.size(); ++i) {
    Add("nodes > " + std::to_string(i), Shown(config.downstreams[i].address), text);
  }
  const bool is_udp = !config.listen.udp.empty();
  Add("server", is_udp ? "./servers/udp" : "./servers/tcp", text);
  AddAddress("", is_udp ? config.listen.udp[0] : config.listen.tcp, text);
  AddAddress("mgmt_", config.console.listen, text);
  const auto interval = std::chrono::round<std::chrono::milliseconds>(config.health_check.interval);
  Add("checkInterval", std::to_string(interval.count()), text);
  const bool forks = config.threads > 1;
  const std::string count = forks ? std::to_string(config.threads) : "0";
  Add("forkCount", config.threads == 0 ? "auto" : count, text);
}

// A value in one line: texts joined by commas, maps in braces.
std::string OneLine(const YamlNode& node) {
  std::string line;
  for (const YamlNodePtr& item : node.items) line += (line.empty() ? "" : ",") + OneLine(*item);
  for (const YamlEntry& entry : node.entries) {
    line += (line.empty() ? "{" : ", ") + entry.key + ": " + OneLine(*entry.value);
  }
  if (node.kind == YamlNode::Kind::kMap) return line + "}";
  return node.kind == YamlNode::Kind::kScalar ? Shown(node.text) : line;
}

// Two levels have their keys, as in proxy.js; what is deeper is a value.
void AddInOurWords(const RouterConfig& config, std::string* text) {
  Diagnostics diagnostics("", false);
  const YamlNodePtr root = ParseYaml(ToYaml(config), &diagnostics);
  WEIR_CHECK(root != nullptr);
  for (const YamlEntry& entry : root->entries) {
    const YamlNode& value = *entry.value;
    if (value.kind == YamlNode::Kind::kScalar) Add(entry.key, OneLine(value), text);
    for (size_t i = 0; i < value.items.size(); ++i) {
      Add(entry.key + " > " + std::to_string(i), OneLine(*value.items[i]), text);
    }
    for (const YamlEntry& sub : value.entries) {
      Add(entry.key + " > " + sub.key, OneLine(*sub.value), text);
    }
  }
}

}  // namespace

std::string EtsyStatusText(const RouterReport& report) {
  std::string text = "uptime: " + std::to_string(report.uptime_seconds) + "\nnodes: ";
  for (const DownstreamReport& downstream : report.downstreams) {
    if (downstream.health.in_ring) text += Shown(downstream.lane.address) + " ";
  }
  return text + "\n";
}

std::string EtsyConfigText(const RouterConfig& config) {
  std::string text = "\n";
  AddInWordsOfProxyJs(config, &text);
  AddInOurWords(config, &text);
  return text;
}

}  // namespace weir
