// ServiceHealth: whether this program says it is well: its own check and the operator's word, who
// may set it down so that load balancers and routers send elsewhere.
//
// One for all that answer for it: the console and /-/healthy. Thread safety: any thread, as far as
// the check allows it. Tested by tests/unit/common/service_health_test.cc.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace weir {

class ServiceHealth {
 public:
  explicit ServiceHealth(std::function<bool()> check) : check_(std::move(check)) {}

  bool up() const { return operator_says_up_.load(std::memory_order_relaxed) && check_(); }
  void Set(bool up) { operator_says_up_.store(up, std::memory_order_relaxed); }

 private:
  const std::function<bool()> check_;
  std::atomic<bool> operator_says_up_{true};
};

}  // namespace weir
