// ReloadCounter: how often something was read again while the program ran, by how that ended:
// `success` or `failure`. Both are shown from the start, so that the first failure is an increase.
//
// Thread safety: any thread. Lifetimes: the registry outlives it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <string>

namespace weir {

class ReloadCounter {
 public:
  ReloadCounter(prometheus::Registry& registry, const std::string& name, const std::string& help)
      : ReloadCounter(prometheus::BuildCounter()
                          .Name(name)
                          .Help(help + ", by how they ended.")
                          .Register(registry)) {}

  void Count(bool success) { (success ? successes_ : failures_).Increment(); }

 private:
  explicit ReloadCounter(prometheus::Family<prometheus::Counter>& family)
      : successes_(family.Add({{"outcome", "success"}})),
        failures_(family.Add({{"outcome", "failure"}})) {}

  prometheus::Counter& successes_;
  prometheus::Counter& failures_;
};

}  // namespace weir
