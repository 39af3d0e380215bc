// FamilyIndex: which rule decides the help text and the observer options of a family.
//
// A page shows one help text per family and one set of buckets makes sense, so both must not depend
// on what arrives first. The first rule in file order that can produce the family decides: the
// first with a help text for the help, the first with that observer type for quantiles or buckets.
// A rule whose name consists of references only (`$1`) could produce anything; it has a say only
// where no rule with text of its own in the name does.
//
// Thread safety: reading from any thread once no more is added.
// Tested by tests/unit/mapping/family_index_test.cc.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/rule.h"
#include "mapping/series_policy.h"
#include "mapping/text_hash.h"
#include "mapping/wildcard_index.h"

namespace weir {

// What a rule says, and which; null when no rule says anything.
template <class T>
struct Claim {
  const T* value = nullptr;
  uint32_t rule = UINT32_MAX;
};

// What the rules say about one family.
struct FamilyClaims {
  bool is_known = false;  // a rule can produce it
  Claim<std::string> help;
  Claim<SummaryOptions> summary;
  Claim<HistogramOptions> histogram;

  // Takes over what earlier rules say.
  void Join(const FamilyClaims& other);
};

class FamilyIndex {
 public:
  // `number`: the rule's index. Rules that drop are left out.
  void Add(const Rule& rule, uint32_t number);

  // For the family of a mapped series, or the shape (Template::Shape) of several.
  FamilyClaims Find(std::string_view family) const;
  // Rules with nothing but references in their name are left out: they would decide about all
  // unmapped families.
  FamilyClaims FindNamed(std::string_view family) const;

 private:
  absl::flat_hash_map<std::string, FamilyClaims, TextHash, TextEqual> literal_;
  WildcardIndex shapes_;
  std::vector<FamilyClaims> shape_claims_;  // by id in shapes_
  FamilyClaims anything_;
};

// Puts what the claims say into a policy.
void ApplyClaims(const FamilyClaims& claims, SeriesPolicy* policy);

}  // namespace weir
