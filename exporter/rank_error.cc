#include "exporter/rank_error.h"

#include <cmath>

namespace weir {

RankError::RankError(std::span<const Objective> objectives) {
  constexpr double kLeastError = 1e-3;  // of min(q, 1-q)
  for (const auto& [quantile, error] : objectives) {
    const double tail = std::min(quantile, 1 - quantile);
    if (!(tail > 0)) continue;
    const double height = 2 * std::max(error, kLeastError * tail);
    const double near_end = height / (1 + std::log((1 - tail) / tail));
    const double steepness = (height - near_end) / tail;
    if (quantile < 0.5) {
      lines_.push_back({near_end, steepness});
    } else {
      lines_.push_back({near_end + steepness, -steepness});
    }
  }
}

}  // namespace weir
