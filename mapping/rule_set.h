// RuleSet: everything a Mapper knows, compiled from the mapping files.
//
// Built once by mapping/load.cc (or empty), then read only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "mapping/family_index.h"
#include "mapping/glob_trie.h"
#include "mapping/regex.h"
#include "mapping/rule.h"
#include "mapping/series_policy.h"

namespace weir {

struct RuleSet {
  // In file order; a rule's index is its number everywhere below. Never null.
  std::vector<std::unique_ptr<const Rule>> rules;
  GlobTrie globs;
  GlobTrie::Order glob_order = GlobTrie::Order::kFile;
  RegexSet regexes;
  FamilyIndex families;
  // What unmapped names get, by EventKind.
  std::array<SeriesPolicy, 3> unmapped;
};

}  // namespace weir
