#include "common/ring.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <numeric>
#include <utility>

#include "common/check.h"
#include "common/murmur3.h"

namespace weir {
namespace {

// As in uber's and lyft's sources.
constexpr uint32_t kStatsrelaySeed = 0xACCD3D34;

bool HangsOnOrder(Placement placement) {
  return placement == Placement::kHulu || placement == Placement::kStatsrelay;
}

bool HangsOnAddresses(Placement placement) {
  return placement != Placement::kSlots && !HangsOnOrder(placement);
}

// With its length before it, so that no two lists of fields read alike.
void AppendField(std::string_view field, std::string* text) {
  text->append(std::to_string(field.size())).append(":").append(field);
}

std::string Describe(const RingNode& node, bool live, bool with_address) {
  std::string text;
  AppendField(node.label, &text);
  AppendField(with_address ? node.address : "", &text);
  AppendField(std::to_string(node.weight), &text);
  AppendField(live ? "up" : "down", &text);
  return text;
}

uint64_t FingerprintOf(const RingConfig& config, const LiveSet& live) {
  std::vector<std::string> nodes;
  for (size_t i = 0; i < config.nodes.size(); ++i) {
    nodes.push_back(Describe(config.nodes[i], live[i], HangsOnAddresses(config.placement)));
  }
  if (!HangsOnOrder(config.placement)) std::sort(nodes.begin(), nodes.end());
  std::string text;
  AppendField(PlacementName(config.placement), &text);
  for (const std::string& node : nodes) AppendField(node, &text);
  if (config.placement == Placement::kStatsrelay) {
    AppendField(config.name_end == NameEnd::kFirst ? "first" : "last", &text);
    for (const uint16_t node : config.shard_map) AppendField(std::to_string(node), &text);
  }
  return PublicHash64(text);
}

}  // namespace

Ring::Ring(RingConfig config, LiveSet live, Table table)
    : config_(std::move(config)),
      live_(std::move(live)),
      table_(std::move(table)),
      fingerprint_(FingerprintOf(config_, live_)) {}

Ring::Ring(RingConfig config, LiveSet live) : Ring(config, live, MakeTable(config, live)) {}

void Ring::Check(const RingConfig& config, const LiveSet& live) {
  const std::vector<RingNode>& nodes = config.nodes;
  WEIR_CHECK(!nodes.empty() && nodes.size() <= RingConfig::kMaxNodes);
  WEIR_CHECK(live.size() == nodes.size());
  WEIR_CHECK(std::count(live.begin(), live.end(), true) > 0);
  std::vector<std::string_view> labels;
  for (const RingNode& node : nodes) {
    WEIR_CHECK(node.weight >= 1 && node.weight <= RingNode::kMaxWeight);
    labels.push_back(node.label);
  }
  std::sort(labels.begin(), labels.end());
  WEIR_CHECK(std::adjacent_find(labels.begin(), labels.end()) == labels.end());
  for (const uint16_t node : config.shard_map) WEIR_CHECK(node < nodes.size());
}

Ring::Table Ring::MakeTable(const RingConfig& config, const LiveSet& live) {
  Check(config, live);
  switch (config.placement) {
    case Placement::kSlots:
      return SlotTable(config.nodes, live);
    case Placement::kHulu:
      return HuluWalk(live);
    case Placement::kStatsrelay: {
      Shards shards = config.shard_map;
      if (shards.empty()) {
        shards.resize(config.nodes.size());
        std::iota(shards.begin(), shards.end(), uint16_t{0});
      }
      return shards;
    }
    case Placement::kKetama:
    case Placement::kEtsy:
    case Placement::kEtsy07:
      break;
  }
  return Continuum(config.placement, config.nodes, live);
}

Ring Ring::WithLive(LiveSet live) const {
  Check(config_, live);
  const auto* slots = std::get_if<SlotTable>(&table_);
  Table table = slots != nullptr ? Table(slots->WithLive(live)) : MakeTable(config_, live);
  return Ring(config_, std::move(live), std::move(table));
}

// In one step: asking twice which placement it is costs 7 % of a line.
uint16_t Ring::PeerOwner(std::string_view key) const {
  if (const auto* continuum = std::get_if<Continuum>(&table_)) {
    return continuum->Owner(continuum->Hash(key));
  }
  if (const auto* walk = std::get_if<HuluWalk>(&table_)) return walk->Owner(HuluWalk::Hash(key));
  const Shards& shards = std::get<Shards>(table_);
  return shards[Murmur3(key, kStatsrelaySeed) % shards.size()];
}

uint64_t Ring::HashOf(std::string_view key) const {
  if (const auto* continuum = std::get_if<Continuum>(&table_)) return continuum->Hash(key);
  if (std::holds_alternative<SlotTable>(table_)) return PublicHash64(key);
  return std::holds_alternative<HuluWalk>(table_) ? HuluWalk::Hash(key)
                                                  : Murmur3(key, kStatsrelaySeed);
}

uint16_t Ring::OwnerOfHash(uint64_t hash) const {
  if (const auto* continuum = std::get_if<Continuum>(&table_)) {
    return continuum->Owner(static_cast<uint32_t>(hash));
  }
  if (const auto* slots = std::get_if<SlotTable>(&table_)) return slots->Owner(hash);
  if (const auto* walk = std::get_if<HuluWalk>(&table_)) return walk->Owner(hash);
  const Shards& shards = std::get<Shards>(table_);
  return shards[hash % shards.size()];
}

std::string Ring::FingerprintText() const {
  char text[17];
  std::snprintf(text, sizeof(text), "%016" PRIx64, fingerprint_);
  return text;
}

}  // namespace weir
