#include "common/placement.h"

#include <algorithm>
#include <array>

namespace weir {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"slots",    "ketama", "etsy",
                                                    "etsy-0.7", "hulu",   "statsrelay"};

}  // namespace

std::string_view PlacementName(Placement placement) {
  return kNames[static_cast<size_t>(placement)];
}

std::optional<Placement> ParsePlacement(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Placement>(found - kNames.begin());
}

}  // namespace weir
