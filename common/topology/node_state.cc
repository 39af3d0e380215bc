#include "common/topology/node_state.h"

namespace weir {

bool NodeState::OnSuccess(int64_t now_nanos) {
  if (!Since(last_refusal_, now_nanos)) return false;
  failures_ = 0;
  ++successes_;
  if (alive_ || successes_ < options_.rise) return false;
  alive_ = true;
  return true;
}

bool NodeState::OnFailure(int64_t now_nanos) {
  if (failed_) return false;
  failed_ = true;
  last_failure_ = now_nanos;
  successes_ = 0;
  ++failures_;
  if (!alive_ || failures_ < options_.fall) return false;
  alive_ = false;
  return true;
}

bool NodeState::OnRefused(int64_t now_nanos) {
  last_refusal_ = now_nanos;
  // Refusals around the end of an interval are one failure too.
  return Since(last_failure_, now_nanos) && OnFailure(now_nanos);
}

}  // namespace weir
