// RankError: how uncertain, in rank, each place of a summarised distribution may be while every
// objective of a summary is still answered within its error.
//
// Seen as a function of the rank, the limit is the lower envelope of one straight line per
// objective (q, e), through 2e at q: a concave function, proportional to the total weight. That is
// what makes summaries of disjoint periods add up: the sum of the limits of the parts is never
// more than the limit of the whole, however the distribution drifts between them. (The V-shaped
// limits of Cormode, Korn, Muthukrishnan and Srivastava, "Effective computation of biased quantiles
// over data streams", 2005, allow 25 % fewer tuples but may add up to twice the error.)
// A line keeps a share 1 / (1 + ln(q / (1-q))) of its height at the near end (q > 1/2; mirrored
// below), which is close to the fewest tuples for any q.
//
// Quantiles 0 and 1 need no line: sketches keep the least and greatest value exactly. An error
// below a thousandth of min(q, 1-q) counts as that: memory grows with its inverse.
//
// Thread safety: immutable. Tested by tests/unit/exporter/rank_error_test.cc.
#pragma once

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <limits>
#include <span>

#include "mapping/series_policy.h"

namespace weir {

class RankError {
 public:
  explicit RankError(std::span<const Objective> objectives);

  // The most weight that may lie between two neighbouring known ranks around `rank` (0..total).
  double At(double rank, double total) const {
    double limit = std::numeric_limits<double>::infinity();
    for (const Line& line : lines_) {
      limit = std::min(limit, line.at_zero * total + line.slope * rank);
    }
    return limit;
  }

 private:
  struct Line {
    double at_zero;
    double slope;
  };
  absl::InlinedVector<Line, 8> lines_;
};

}  // namespace weir
