#include "exporter/plans.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "common/log.h"
#include "mapping/series_policy.h"

namespace weir {
namespace {

// No rule's identity begins so.
std::string SharedIdentity(const Plan& plan) {
  return "ttl " + std::to_string(plan.ttl.count()) + " scale " +
         std::to_string(std::bit_cast<uint64_t>(plan.scale));
}

}  // namespace

Plans::Plans() { Make("", {}); }

uint16_t Plans::Of(std::string_view identity, const Plan& plan) {
  if (const auto own = ids_.find(identity); own != ids_.end()) {
    plans_[own->second] = plan;
    return own->second;
  }
  return full() ? Shared(plan) : Make(identity, plan);
}

uint16_t Plans::Shared(const Plan& plan) {
  const std::string identity = SharedIdentity(plan);
  if (const auto known = ids_.find(identity); known != ids_.end()) return known->second;
  if (plans_.size() <= UINT16_MAX) return Make(identity, plan);
  if (!std::exchange(told_, true)) {
    LogError("Rules have too many different pairs of ttl and scale, some have no effect");
  }
  return 0;
}

void Plans::Update(std::string_view identity, const Plan& plan) {
  if (const auto own = ids_.find(identity); own != ids_.end()) plans_[own->second] = plan;
}

bool Plans::AnyExpires() const {
  return std::any_of(plans_.begin(), plans_.end(),
                     [](const Plan& plan) { return plan.ttl.count() > 0; });
}

uint16_t Plans::Make(std::string_view identity, const Plan& plan) {
  const auto id = static_cast<uint16_t>(plans_.size());
  plans_.push_back(plan);
  // Whoever writes series down tells rules by where their text is, so it may not be another's.
  rules_.push_back(*InternText(identity));
  ids_.emplace(rules_.back(), id);
  return id;
}

}  // namespace weir
