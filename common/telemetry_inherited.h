// InheritedCounters: what a predecessor had counted, to be added to what we count, so that no
// counter goes back when one process takes another's place.
//
// It is taken from its last page and added to ours, by the name and labels of each counter: whoever
// counts knows nothing of it. Left out is what tells of the process itself (process_*, promhttp_*),
// and what the kernel counts for a socket and goes on counting (weir_kernel_drops_total).
//
// Thread safety: any thread. Tested by tests/unit/common/telemetry_inherited_test.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class InheritedCounters {
 public:
  // The counters among `families`, as a text for Set of another process.
  static std::string Write(const std::vector<prometheus::MetricFamily>& families);

  // Takes the place of what was set before. False: it is no such text, nothing has changed.
  bool Set(std::string_view text);

  // Adds to the counters of the same name and labels; one that is missing in a family is made.
  void AddTo(std::vector<prometheus::MetricFamily>* families) const;

 private:
  using Labels = std::vector<prometheus::ClientMetric::Label>;
  struct Count {
    Labels labels;
    double value;
  };

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Count>, std::less<>> counts_;  // by family; guarded by mutex_
};

}  // namespace weir
