#include "common/slot_table.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "common/fixed_log.h"
#include "common/hash.h"

namespace weir {
namespace {

uint64_t Mix(uint64_t bits) {
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
  return bits ^ bits >> 31;
}

uint64_t Draw(size_t slot, uint64_t id) { return Mix(id ^ slot * 0x9E3779B97F4A7C15); }

}  // namespace

// What a node offers for a slot.
struct SlotTable::Bid {
  static Bid Of(size_t slot, const Node& node) { return {Draw(slot, node.id), &node}; }

  bool Beats(const Bid& other) const {
    if (node->weight != other.node->weight) {
      // At most 2^46 * 10,000: the products fit.
      const uint64_t mine = FixedLog::Below1(drawn) * other.node->weight;
      const uint64_t others = FixedLog::Below1(other.drawn) * node->weight;
      if (mine != others) return mine < others;
    }
    return drawn != other.drawn ? drawn > other.drawn : node->rank < other.node->rank;
  }

  uint64_t drawn;
  const Node* node;
};

// Elects among the living. Those of equal weight go first, by their bids alone.
class SlotTable::Election {
 public:
  Election(std::span<const Node> nodes, const LiveSet& live) {
    for (const Node& node : nodes) {
      if (live[node.index]) voters_.push_back(node);
    }
    std::sort(voters_.begin(), voters_.end(), [](const Node& a, const Node& b) {
      return std::tie(a.weight, a.rank) < std::tie(b.weight, b.rank);
    });
    for (size_t i = 1; i <= voters_.size(); ++i) {
      if (i == voters_.size() || voters_[i].weight != voters_[i - 1].weight) ends_.push_back(i);
    }
  }

  uint16_t Winner(size_t slot) const {
    Bid best = BestOf(slot, 0, ends_[0]);
    for (size_t group = 1; group < ends_.size(); ++group) {
      const Bid bid = BestOf(slot, ends_[group - 1], ends_[group]);
      if (bid.Beats(best)) best = bid;
    }
    return best.node->index;
  }

 private:
  Bid BestOf(size_t slot, size_t begin, size_t end) const {
    size_t best = begin;
    uint64_t highest = Draw(slot, voters_[begin].id);
    for (size_t i = begin + 1; i < end; ++i) {
      const uint64_t drawn = Draw(slot, voters_[i].id);
      best = drawn > highest ? i : best;
      highest = std::max(drawn, highest);
    }
    return {highest, &voters_[best]};
  }

  std::vector<Node> voters_;  // by weight, then by label
  std::vector<size_t> ends_;  // of each group of equal weight
};

SlotTable::SlotTable(std::span<const RingNode> nodes, const LiveSet& live)
    : live_(live), owners_(kSlots) {
  std::vector<uint16_t> by_label(nodes.size());
  std::iota(by_label.begin(), by_label.end(), uint16_t{0});
  std::sort(by_label.begin(), by_label.end(),
            [nodes](uint16_t a, uint16_t b) { return nodes[a].label < nodes[b].label; });
  nodes_.resize(nodes.size());
  for (uint16_t rank = 0; rank < by_label.size(); ++rank) {
    const uint16_t index = by_label[rank];
    nodes_[index] = {PublicHash64(nodes[index].label), nodes[index].weight, index, rank};
  }
  const Election election(nodes_, live_);
  for (size_t slot = 0; slot < kSlots; ++slot) owners_[slot] = election.Winner(slot);
}

SlotTable SlotTable::WithLive(const LiveSet& live) const {
  SlotTable next = *this;
  next.live_ = live;
  const Election election(nodes_, live);
  std::vector<const Node*> returned;
  for (const Node& node : nodes_) {
    if (live[node.index] && !live_[node.index]) returned.push_back(&node);
  }
  for (size_t slot = 0; slot < kSlots; ++slot) {
    uint16_t& owner = next.owners_[slot];
    if (!live[owner]) {
      owner = election.Winner(slot);
      continue;
    }
    for (const Node* node : returned) {
      if (Bid::Of(slot, *node).Beats(Bid::Of(slot, nodes_[owner]))) owner = node->index;
    }
  }
  return next;
}

}  // namespace weir
