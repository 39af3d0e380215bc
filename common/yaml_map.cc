#include "common/yaml_map.h"

#include <cstddef>
#include <numeric>

namespace weir {
namespace {

// How many bytes must be put in, taken out or changed to make `b` of `a`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string UnknownKey(std::string_view key, std::string_view where,
                       const std::vector<std::string_view>& known) {
  std::string said = "unknown key `" + std::string(key) + "` in " + std::string(where);
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](std::string_view a, std::string_view b) {
        return EditDistance(key, a) < EditDistance(key, b);
      });
  if (EditDistance(key, *nearest) <= 2) {
    return said + "; did you mean `" + std::string(*nearest) + "`?";
  }
  said += ". Known are";
  for (std::string_view name : known) said.append(" ").append(name);
  return said;
}

}  // namespace weir
