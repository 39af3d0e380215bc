// GlobTrie: the globs of all rules, compiled so that a name finds its rule in one walk.
//
// A tree of segments. From a node a literal segment leads on by one hash lookup, `*` by an index,
// and mixed segments (`foo_*`) through a WildcardIndex. A name may be in several nodes at once; the
// walk keeps that set and visits each node of the tree at most once, so it never takes exponential
// time. Branches are left out that end at another depth, hold no rule for the kind, or (in file
// order) only rules later than the best one found.
//
// Thread safety: reading from any thread once no more is added.
// Tested by tests/unit/mapping/glob_trie_test.cc, against an oracle of regular expressions.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/glob.h"
#include "mapping/series_policy.h"
#include "mapping/text_hash.h"
#include "mapping/wildcard_index.h"

namespace weir {

class GlobTrie {
 public:
  static constexpr uint32_t kNoRule = UINT32_MAX;

  // Which of several matching rules wins.
  enum class Order : uint8_t {
    kFile,      // the first in the file
    kSpecific,  // segment by segment: a literal, then the mixture with most text, then `*`
  };

  // `kinds`: as Rule::kinds. REQUIRES: rules are added in ascending order.
  void Add(const Glob& glob, uint32_t rule, uint8_t kinds);

  // The winner among the matching rules of this kind that `accepts` takes; kNoRule when there is
  // none. `accepts` is asked only about rules that could still win.
  uint32_t Find(std::string_view name, EventKind kind, Order order,
                const std::function<bool(uint32_t rule)>& accepts) const;

  bool empty() const { return nodes_.size() == 1; }

 private:
  static constexpr uint32_t kNoNode = UINT32_MAX;
  static constexpr uint32_t kUnknownSegment = UINT32_MAX;

  // Children over mixed segments.
  struct Mixed {
    WildcardIndex patterns;
    std::vector<uint32_t> children;  // by pattern id
  };

  struct End {
    uint32_t rule;
    uint8_t kinds;
  };

  struct Node {
    std::vector<End> ends;         // rules whose glob ends here, ascending
    std::unique_ptr<Mixed> mixed;  // null when there are none
    uint32_t star = kNoNode;
    // Of the ends here and below.
    uint32_t first_rule = kNoRule;
    uint64_t depths = 0;  // bit d: d segments further down; bit 63 for all from there
    uint8_t kinds = 0;
  };

  // Where a walk stands: a node, and how many segments led there.
  struct Step {
    uint32_t node;
    uint32_t depth;
  };

  struct Walk;

  static uint64_t DepthBit(size_t depth) { return uint64_t{1} << (depth < 63 ? depth : 63); }

  uint32_t ChildFor(uint32_t node, const Wildcard& segment);
  uint32_t NewNode();
  // Pushes the nodes that `step` leads to, the most specific last.
  void PushChildren(const Step& step, Walk* walk) const;
  void TakeEnd(const Node& node, Walk* walk) const;

  std::vector<Node> nodes_ = std::vector<Node>(1);  // the root first
  size_t max_depth_ = 0;
  absl::flat_hash_map<std::string, uint32_t, TextHash, TextEqual> segments_;  // literal ones
  absl::flat_hash_map<uint64_t, uint32_t> literal_children_;  // node << 32 | segment
};

}  // namespace weir
