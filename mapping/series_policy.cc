#include "mapping/series_policy.h"

#include <list>
#include <mutex>
#include <string>
#include <unordered_set>

namespace weir {
namespace {

// A list: what was handed out must not move. Linear search: this runs when a file is loaded, over
// the few distinct options of a configuration.
template <class T>
const T* InternIn(const T& value) {
  static std::mutex mutex;
  static std::list<T>* const pool = new std::list<T>;  // never destroyed: series point into it
  std::lock_guard lock(mutex);
  for (const T& known : *pool) {
    if (known == value) return &known;
  }
  return &pool->emplace_back(value);
}

}  // namespace

const SummaryOptions* Intern(const SummaryOptions& options) { return InternIn(options); }
const HistogramOptions* Intern(const HistogramOptions& options) { return InternIn(options); }

const std::string* InternText(std::string_view text) {
  static std::mutex mutex;
  static auto* const pool = new std::unordered_set<std::string>;  // its elements never move
  std::lock_guard lock(mutex);
  return &*pool->emplace(text).first;
}

}  // namespace weir
