#include "router/ping.h"

namespace weir {
namespace {

std::string NameOf(std::string_view text, bool keep_dots) {
  std::string name(text);
  for (char& c : name) {
    const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && keep_dots);
    if (!stays) c = '_';
  }
  return name;
}

std::string PrefixOf(std::string_view prefix) {
  return prefix.empty() ? "" : NameOf(prefix, true) + ".";
}

// DSHOST-DSPORT.
std::string NameOfAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return NameOf(address, false);
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return NameOf(host, false) + "-" + NameOf(address.substr(colon + 1), false);
}

std::string Counter(const std::string& stem, std::string_view what, uint64_t value) {
  return stem + "." + std::string(what) + ":" + std::to_string(value) + "|c";
}

}  // namespace

Ping::Ping(std::string_view prefix, std::string_view host, uint32_t port)
    : prefix_(PrefixOf(prefix)), self_(NameOf(host, true) + "-" + std::to_string(port)) {}

std::vector<PingLines> Ping::Lines(std::span<const PingNode> nodes) const {
  std::vector<PingLines> all;
  size_t in_service = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::string name = NameOfAddress(nodes[i].address);
    const std::string stem = prefix_ + name;
    if (nodes[i].in_service) {
      ++in_service;
      all.push_back({i,
                     {Counter(prefix_ + self_ + "-" + name, "connections", 1),
                      Counter(stem, "connections", 1)}});
    }
    all.push_back({std::nullopt,
                   {Counter(stem, "traffic", nodes[i].sent.bytes),
                    Counter(stem, "packets", nodes[i].sent.packets)}});
  }
  all.push_back({std::nullopt,
                 {prefix_ + self_ + ".healthy_downstreams:" + std::to_string(in_service) + "|g"}});
  return all;
}

}  // namespace weir
