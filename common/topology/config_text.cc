// ToYaml: a configuration as our own form would say it.

#include <string>
#include <string_view>
#include <vector>

#include "common/byte_size.h"
#include "common/duration.h"
#include "common/topology/config.h"

namespace weir {
namespace {

// In double quotes, which is right for every text.
std::string Quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xF]};
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string QuotedList(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + Quoted(text);
  return "[" + list + "]";
}

std::string OctalText(uint32_t mode) {
  std::string digits;
  for (int shift = 6; shift >= 0; shift -= 3)
    digits += static_cast<char>('0' + (mode >> shift & 7));
  return digits;
}

std::string ListenText(const ListenConfig& listen) {
  return "listen:\n  udp: " + QuotedList(listen.udp) + "\n  tcp: " + Quoted(listen.tcp) +
         "\n  unixgram: " + Quoted(listen.unixgram) + "\n  unix: " + Quoted(listen.unix_stream) +
         "\n  unix_mode: \"" + OctalText(listen.unix_mode) + "\"\n";
}

std::string PlacementText(const RouterConfig& config) {
  std::string text = "key: " + std::string(WordOf(config.key)) + "\n";
  if (!config.mapping.empty()) text += "mapping: " + QuotedList(config.mapping) + "\n";
  text += "placement: " + std::string(WordOf(config.placement)) + "\n";
  if (!config.shard_map.empty()) {
    std::vector<std::string> labels;
    for (const uint32_t i : config.shard_map) labels.push_back(config.downstreams[i].label);
    text += "shard_map: " + QuotedList(labels) + "\n";
  }
  return text + "name_end: " + std::string(WordOf(config.name_end)) + "\n";
}

std::string HealthText(const RouterConfig& config) {
  const HealthCheckConfig& health = config.health_check;
  std::string text = "health_check:\n  kind: " + std::string(WordOf(health.kind)) +
                     "\n  interval: " + FormatDuration(health.interval) +
                     "\n  timeout: " + FormatDuration(health.timeout) +
                     "\n  fall: " + std::to_string(health.fall) +
                     "\n  rise: " + std::to_string(health.rise) + "\n";
  text += "on_down: " + std::string(WordOf(config.on_down)) + "\n";
  text += "hold:\n  time: " + FormatDuration(config.hold.time) +
          "\n  bytes: " + ByteSizeText(config.hold.bytes) + "\n";
  return text + "panic_threshold: " + std::to_string(config.panic_threshold) + "\n";
}

// `place_key` and `place` say where it is, or where to find those like it.
std::string DownstreamText(std::string_view place_key, const std::string& place,
                           const DownstreamConfig& downstream) {
  std::string text = "  - " + std::string(place_key) + ": " + Quoted(place) + "\n";
  const auto add = [&](std::string_view key, const std::string& value) {
    text.append("    ").append(key).append(": ").append(value).append("\n");
  };
  if (downstream.health_kind == HealthKind::kHttp) {
    add("health", Quoted("http://" + downstream.health + downstream.health_path));
  } else {
    if (downstream.health_kind != HealthKind::kNone) add("health", Quoted(downstream.health));
    add("health_kind", std::string(WordOf(downstream.health_kind)));
  }
  if (!downstream.label.empty()) add("label", Quoted(downstream.label));
  add("weight", std::to_string(downstream.weight));
  add("transport", std::string(WordOf(downstream.transport)));
  if (downstream.transport == Transport::kTcp) add("queue", ByteSizeText(downstream.queue));
  return text;
}

}  // namespace

std::string ToYaml(const RouterConfig& config) {
  std::string text = ListenText(config.listen);
  text += "console:\n  listen: " + Quoted(config.console.listen) +
          "\n  style: " + std::string(WordOf(config.console.style)) + "\n";
  text += "web:\n  listen: " + Quoted(config.web) + "\n";
  text += PlacementText(config);
  text += "mtu: " + std::to_string(config.mtu) + "\n";
  text += "flush_interval: " + FormatDuration(config.flush_interval) + "\n";
  text += "validation: \"" + std::string(WordOf(config.validation)) + "\"\n";
  if (config.ping.interval.count() > 0) {
    text += "ping:\n  interval: " + FormatDuration(config.ping.interval) +
            "\n  prefix: " + Quoted(config.ping.prefix) + "\n";
  }
  text += HealthText(config);
  text += "read_buffer: " + ByteSizeText(config.read_buffer) + "\n";
  text += "threads: " + std::to_string(config.threads) + "\n";
  text += "resolver:\n  address: " + Quoted(config.resolver.address) +
          "\n  interval: " + FormatDuration(config.resolver.interval) + "\n";
  text += "downstreams:\n";
  for (const DownstreamConfig& downstream : config.downstreams) {
    if (!downstream.discovered) text += DownstreamText("address", downstream.address, downstream);
  }
  for (const DiscoverConfig& discover : config.discover) {
    text += DownstreamText(WordOf(discover.kind), discover.where, discover.like);
  }
  return text;
}

}  // namespace weir
