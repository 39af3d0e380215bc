// Plans: what the rules say of their samples each time one is applied, by a number small enough to
// be kept in every series and every entry of the memo.
//
// A rule has a plan of its own, so that a TTL that a reload changes reaches its living series. The
// numbers would run out after years of reloads of generated files; beyond kOwnPlans, rules that say
// the same share a plan, which no reload changes. UpdatePlans of the table makes room again.
//
// Thread safety: owned by one shard; rules' texts live until the process ends.
// Tested by tests/unit/exporter/plans_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// What a sample's rule says each time it is applied, besides where it goes. Plan 0 is "no rule".
struct Plan {
  std::chrono::nanoseconds ttl{0};  // <= 0: never forgotten
  double scale = 1;
};

// Of the rules in force, by their identities; empty: of names that no rule takes.
using RulePlans = std::map<std::string, Plan, std::less<>>;

class Plans {
 public:
  // The rest of the numbers is for pairs of TTL and scale.
  static constexpr size_t kOwnPlans = 60'000;

  Plans();

  // The plan of the rule called `identity` (empty: no rule), as configured now.
  uint16_t Of(std::string_view identity, const Plan& plan);
  // The one that all share who say the same. When there are no more, which is logged once, that of
  // no rule.
  uint16_t Shared(const Plan& plan);
  // Changes the plan of a rule that has one of its own; does nothing for another.
  void Update(std::string_view identity, const Plan& plan);

  const Plan& operator[](uint16_t id) const { return plans_[id]; }
  // The identity that Of was given; of a shared plan a text that is no rule's.
  std::string_view RuleOf(uint16_t id) const { return rules_[id]; }
  size_t size() const { return plans_.size(); }
  // Whether new rules have to share.
  bool full() const { return plans_.size() >= kOwnPlans; }
  bool AnyExpires() const;

 private:
  uint16_t Make(std::string_view identity, const Plan& plan);

  std::vector<Plan> plans_;
  std::vector<std::string_view> rules_;
  std::map<std::string_view, uint16_t> ids_;  // of rules_
  bool told_ = false;                         // that they have run out
};

}  // namespace weir
