// Mapper::DumpFsm: the globs as Graphviz draws them, one tree per kind as statsd_exporter shows it.

#include <algorithm>
#include <array>
#include <deque>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "mapping/mapper.h"
#include "mapping/rule_set.h"

namespace weir {
namespace {

constexpr std::array<const char*, 3> kKindNames = {"counter", "gauge", "observer"};

struct DotNode {
  std::vector<std::pair<std::string, size_t>> children;  // by segment, in file order
  bool is_end = false;                                   // a rule's glob ends here
};

size_t ChildOf(std::vector<DotNode>* nodes, size_t node, const std::string& segment) {
  auto& children = (*nodes)[node].children;
  const auto known = std::find_if(children.begin(), children.end(),
                                  [&](const auto& child) { return child.first == segment; });
  if (known != children.end()) return known->second;
  const size_t made = nodes->size();
  children.emplace_back(segment, made);
  nodes->emplace_back();
  return made;
}

// The root, then a child per kind, then segments.
std::vector<DotNode> TreeOf(const RuleSet& set) {
  std::vector<DotNode> nodes(1);
  for (const char* kind : kKindNames) ChildOf(&nodes, 0, kind);
  for (const auto& rule : set.rules) {
    if (!rule->glob) continue;
    for (size_t kind = 0; kind < kKindNames.size(); ++kind) {
      if (!rule->Takes(static_cast<EventKind>(kind))) continue;
      size_t node = nodes[0].children[kind].second;
      for (const Wildcard& segment : rule->glob->segments()) {
        node = ChildOf(&nodes, node, segment.pattern());
      }
      nodes[node].is_end = true;
    }
  }
  return nodes;
}

void Colour(size_t number, const char* line, const char* fill, std::ostream& out) {
  out << number << " [color=\"" << line << "\", fillcolor=\"" << fill << "\"];\n";
}

}  // namespace

void Mapper::DumpFsm(std::ostream& out) const {
  const std::vector<DotNode> nodes = TreeOf(*set_);
  out << "digraph g {\nrankdir=LR\nnode [label=\"\", style=filled, shape=circle]\n";
  std::deque<size_t> to_visit = {0};
  size_t number = 0;  // of the front; breadth first, so children follow in the order they are met
  size_t next = 1;
  for (; !to_visit.empty(); ++number) {
    const DotNode& node = nodes[to_visit.front()];
    to_visit.pop_front();
    for (const auto& [segment, child] : node.children) {
      out << number << " -> " << next << "  [label = \"" << segment << "\"];\n";
      if (number == 0) Colour(next, "#D6B656", "#FFF2CC", out);
      if (nodes[child].is_end) Colour(next, "#82B366", "#D5E8D4", out);
      to_visit.push_back(child);
      ++next;
    }
  }
  Colour(0, "#a94442", "#f2dede", out);
  out << "}";
}

}  // namespace weir
