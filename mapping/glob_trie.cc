#include "mapping/glob_trie.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>

namespace weir {
namespace {

uint64_t LiteralKey(uint32_t node, uint32_t segment) { return uint64_t{node} << 32 | segment; }

}  // namespace

// One name being looked up.
struct GlobTrie::Walk {
  struct Segment {
    std::string_view text;
    uint32_t literal;  // its number among the literal segments of all rules
  };

  uint8_t kind_bit;
  const std::function<bool(uint32_t)>& accepts;
  absl::InlinedVector<Segment, 16> segments;
  absl::InlinedVector<Step, 32> to_visit;  // the next one last
  WildcardIndex::Ids mixed;
  uint32_t best = kNoRule;

  bool IsWorth(const Node& node, uint64_t depth_bit) const {
    return (node.depths & depth_bit) != 0 && (node.kinds & kind_bit) != 0 && node.first_rule < best;
  }
};

uint32_t GlobTrie::NewNode() {
  nodes_.emplace_back();
  return static_cast<uint32_t>(nodes_.size() - 1);
}

uint32_t GlobTrie::ChildFor(uint32_t node, const Wildcard& segment) {
  if (segment.is_literal()) {
    const auto number = static_cast<uint32_t>(segments_.size());
    const uint32_t literal = segments_.try_emplace(segment.pattern(), number).first->second;
    const auto [child, is_new] = literal_children_.try_emplace(LiteralKey(node, literal), kNoNode);
    if (is_new) child->second = NewNode();
    return child->second;
  }
  if (segment.literal_size() == 0) {
    if (nodes_[node].star == kNoNode) {
      const uint32_t made = NewNode();
      nodes_[node].star = made;
    }
    return nodes_[node].star;
  }
  if (nodes_[node].mixed == nullptr) nodes_[node].mixed = std::make_unique<Mixed>();
  Mixed& mixed = *nodes_[node].mixed;
  const uint32_t id = mixed.patterns.Add(segment.pattern());
  if (id == mixed.children.size()) mixed.children.push_back(NewNode());
  return mixed.children[id];
}

void GlobTrie::Add(const Glob& glob, uint32_t rule, uint8_t kinds) {
  const size_t size = glob.segments().size();
  max_depth_ = std::max(max_depth_, size);
  uint32_t node = 0;
  for (size_t depth = 0;; ++depth) {
    nodes_[node].first_rule = std::min(nodes_[node].first_rule, rule);
    nodes_[node].depths |= DepthBit(size - depth);
    nodes_[node].kinds |= kinds;
    if (depth == size) break;
    node = ChildFor(node, glob.segments()[depth]);
  }
  nodes_[node].ends.push_back({rule, kinds});
}

void GlobTrie::PushChildren(const Step& step, Walk* walk) const {
  const Node& node = nodes_[step.node];
  const Walk::Segment& segment = walk->segments[step.depth];
  const uint64_t depth_bit = DepthBit(walk->segments.size() - step.depth - 1);
  const auto push = [&](uint32_t child) {
    if (walk->IsWorth(nodes_[child], depth_bit)) walk->to_visit.push_back({child, step.depth + 1});
  };
  if (node.star != kNoNode) push(node.star);
  if (node.mixed != nullptr) {
    const WildcardIndex& patterns = node.mixed->patterns;
    patterns.Find(segment.text, &walk->mixed);
    std::sort(walk->mixed.begin(), walk->mixed.end(), [&](uint32_t a, uint32_t b) {
      const size_t text_a = patterns.pattern(a).literal_size();
      const size_t text_b = patterns.pattern(b).literal_size();
      return text_a != text_b ? text_a < text_b : a > b;
    });
    for (uint32_t id : walk->mixed) push(node.mixed->children[id]);
  }
  if (segment.literal == kUnknownSegment) return;
  const auto child = literal_children_.find(LiteralKey(step.node, segment.literal));
  if (child != literal_children_.end()) push(child->second);
}

void GlobTrie::TakeEnd(const Node& node, Walk* walk) const {
  for (const End& end : node.ends) {
    if (end.rule >= walk->best) return;
    if ((end.kinds & walk->kind_bit) == 0 || !walk->accepts(end.rule)) continue;
    walk->best = end.rule;
    return;
  }
}

uint32_t GlobTrie::Find(std::string_view name, EventKind kind, Order order,
                        const std::function<bool(uint32_t)>& accepts) const {
  const size_t size = static_cast<size_t>(std::count(name.begin(), name.end(), '.')) + 1;
  if (size > max_depth_ || (nodes_[0].depths & DepthBit(size)) == 0) return kNoRule;
  Walk walk{static_cast<uint8_t>(1 << static_cast<int>(kind)), accepts, {}, {}, {}, kNoRule};
  std::string_view segment;
  for (std::string_view rest(name.empty() ? "" : name); NextSegment(&rest, &segment);) {
    const auto literal = segments_.find(segment);
    walk.segments.push_back(
        {segment, literal == segments_.end() ? kUnknownSegment : literal->second});
  }
  walk.to_visit.push_back({0, 0});
  while (!walk.to_visit.empty()) {
    const Step step = walk.to_visit.back();
    walk.to_visit.pop_back();
    const Node& node = nodes_[step.node];
    if (!walk.IsWorth(node, DepthBit(size - step.depth))) continue;
    if (step.depth < size) {
      PushChildren(step, &walk);
    } else {
      TakeEnd(node, &walk);
      if (order == Order::kSpecific && walk.best != kNoRule) break;
    }
  }
  return walk.best;
}

}  // namespace weir
