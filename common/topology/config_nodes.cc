#include "common/topology/config_nodes.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>

#include "common/address.h"
#include "common/topology/config_scalars.h"
#include "common/yaml_map.h"

namespace weir {
namespace {

constexpr std::string_view kWanted =
    "a node such as {host: \"127.0.0.1\", port: 8127, adminport: 8128}";

struct Node {
  std::string host;
  std::optional<uint16_t> port;
  std::optional<uint16_t> admin_port;
};

constexpr Key<Node> kKeys[] = {
    {"host", [](const Field& f, Node* into) { ReadText(f, &into->host); }},
    {"port", [](const Field& f, Node* into) { ReadPort(f, &into->port); }},
    {"adminport", [](const Field& f, Node* into) { ReadPort(f, &into->admin_port); }},
};

// Such as host: "".
bool IsEmptyText(const YamlNode& node, std::string_view key) {
  return std::any_of(node.entries.begin(), node.entries.end(), [&](const YamlEntry& entry) {
    return entry.key == key && entry.value->kind == YamlNode::Kind::kScalar &&
           entry.value->text.empty();
  });
}

bool Has(const YamlNode& node, std::string_view key) {
  return std::any_of(node.entries.begin(), node.entries.end(), [&](const YamlEntry& entry) {
    return entry.key == key && entry.value->kind != YamlNode::Kind::kNull;
  });
}

void ReadNode(const Field& item, ConfigDraft* draft) {
  DownstreamConfig& downstream = draft->AddDownstream(item.node.position);
  if (item.node.kind != YamlNode::Kind::kMap) return ReportWrongValue(item, kWanted);
  Node node;
  ReadMap<Node>(item.node, "a node", kKeys, item.diagnostics, &node);
  for (const std::string_view key : {"host", "port"}) {
    if (Has(item.node, key)) continue;
    item.diagnostics.Error(item.node.position, "this node has no `" + std::string(key) +
                                                   "`; it should be " + std::string(kWanted));
  }
  if (IsEmptyText(item.node, "host")) {
    item.diagnostics.Error(item.node.position, "host: `` is not a host name or address");
  }
  if (node.host.empty() || !node.port) return;
  if (node.host.starts_with('[') && node.host.ends_with(']')) {
    node.host = node.host.substr(1, node.host.size() - 2);
  }
  downstream.address = JoinHostPort(node.host, *node.port);
  if (!IsTarget(downstream.address)) {
    item.diagnostics.Error(item.node.position,
                           "host: `" + node.host + "` is not a host name or address");
  }
  if (!node.admin_port) return;
  downstream.health = JoinHostPort(node.host, *node.admin_port);
  downstream.health_kind = HealthKind::kStatsd;
}

}  // namespace

YamlNode InLowerCase(const YamlNode& node) {
  YamlNode lower = node;
  for (YamlEntry& entry : lower.entries) {
    std::transform(entry.key.begin(), entry.key.end(), entry.key.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  return lower;
}

void ReadNodes(const Field& field, bool is_any_case, ConfigDraft* draft) {
  draft->is_list_broken = !IsNull(field) && field.node.kind != YamlNode::Kind::kSequence;
  ReadList(field,
           "a list of nodes, each such as {host: \"127.0.0.1\", port: 8127, adminport: 8128}",
           [&](const Field& item) {
             if (!is_any_case) return ReadNode(item, draft);
             const YamlNode lower = InLowerCase(item.node);
             ReadNode({item.key, lower, item.diagnostics}, draft);
           });
}

}  // namespace weir
