// Rule: one entry of a mapping file, checked and compiled.
//
// Owned by the Mapper that loaded it and never changed afterwards; any thread may read it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mapping/glob.h"
#include "mapping/regex.h"
#include "mapping/series_policy.h"
#include "mapping/template.h"
#include "mapping/wildcard.h"

namespace weir {

struct LabelTemplate {
  std::string name;  // legal
  Template value;
};

// One `match_labels` entry: a tag of this name must be there with such a value.
struct LabelCondition {
  std::string name;  // escaped
  Wildcard value;
};

struct Rule {
  // Where the entry begins, for people.
  std::string file;
  uint32_t line = 0;  // from 1

  // What it takes. Exactly one of glob and regex is set.
  std::string match;  // as written
  std::optional<Glob> glob;
  std::optional<Regex> regex;
  uint8_t kinds = 0;  // bit 1 << EventKind for each kind the rule takes
  std::vector<LabelCondition> conditions;

  // What it makes of it.
  bool drops = false;
  Template name;
  std::vector<LabelTemplate> labels;  // each name once
  bool honor_labels = false;          // tags win over `labels`
  // Applied to the tags before the rule's labels join them; names are escaped.
  std::vector<std::string> drop_labels;
  std::vector<std::pair<std::string, std::string>> rename_labels;  // from, to

  bool has_help = false;
  // By EventKind. Help and observer options are what this rule says; the first rule of a family
  // decides for all of it (mapping/family_index.h).
  std::array<SeriesPolicy, 3> policies;

  // Tells the rule from others, across reloads too: all that decides which samples it takes and
  // what they are called.
  std::string Identity() const;

  bool Takes(EventKind kind) const { return (kinds >> static_cast<int>(kind)) & 1; }
  const SeriesPolicy& policy(EventKind kind) const { return policies[static_cast<size_t>(kind)]; }
};

}  // namespace weir
