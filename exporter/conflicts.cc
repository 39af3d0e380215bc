#include "exporter/conflicts.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace weir {
namespace {

constexpr std::string_view kOther = "other";

// Whether `family` is one of the names that are shown; the first ones become so.
bool IsShown(std::string_view family) {
  static std::mutex mutex;
  static auto* const names = new std::set<std::string, std::less<>>;
  std::lock_guard lock(mutex);
  if (names->contains(family)) return true;
  if (names->size() >= Conflicts::kMostNames) return false;
  names->emplace(family);
  return true;
}

}  // namespace

// A search over at most 3 * (kMostNames + 1) entries: this is asked at a first sight only.
uint32_t Conflicts::SlotOf(EventKind kind, std::string_view family) {
  const auto find = [&](std::string_view name) {
    return std::find_if(counts_.begin(), counts_.end(), [&](const Count& count) {
      return count.kind == kind && count.family == name;
    });
  };
  auto found = find(family);
  if (found == counts_.end()) {
    const std::string_view shown = IsShown(family) ? family : kOther;
    found = find(shown);
    if (found == counts_.end()) {
      counts_.push_back({kind, std::string(shown), 0});
      found = counts_.end() - 1;
    }
  }
  return static_cast<uint32_t>(found - counts_.begin());
}

}  // namespace weir
