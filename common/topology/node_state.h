// NodeState: from single results to whether a downstream is alive.
//
//   alive -> dead   after `fall` failures in a row
//   dead -> alive   after `rise` successes in a row
// In each interval at most one failure counts, whatever failed: the probe or the data socket, whose
// refusals come with every packet. A success counts only if no refusal came in the interval before
// it: a node whose health port answers while its data port refuses neither stays nor comes back.
// Alive until it is known to be dead.
//
// Times are the owner's (Clock). Thread safety: one thread.
// Tested by tests/unit/common/topology/node_state_test.cc.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

class NodeState {
 public:
  struct Options {
    uint32_t fall = 2;
    uint32_t rise = 2;
    std::chrono::nanoseconds interval = std::chrono::seconds(2);
  };

  explicit NodeState(const Options& options) : options_(options) {}
  void SetOptions(const Options& options) { options_ = options; }

  // The time of the next probe has come.
  void BeginInterval() { failed_ = false; }
  // These return whether the state changed.
  bool OnSuccess(int64_t now_nanos);
  bool OnFailure(int64_t now_nanos);
  bool OnRefused(int64_t now_nanos);

  bool alive() const { return alive_; }

 private:
  // Long ago, however long an interval is.
  static constexpr int64_t kNever = INT64_MIN / 2;

  bool Since(int64_t then, int64_t now) const { return now - then >= options_.interval.count(); }

  Options options_;
  bool alive_ = true;
  bool failed_ = false;  // in this interval
  uint32_t failures_ = 0;
  uint32_t successes_ = 0;
  int64_t last_failure_ = kNever;
  int64_t last_refusal_ = kNever;
};

}  // namespace weir
