// ReplayMemory: which signed datagrams were taken already, in bounded memory.
//
// Remembers the signatures of what is young enough to be taken a second time: within max_skew of
// now in both directions, by the second that a datagram was stamped with. Exact: nothing is refused
// that was not seen. What finds no room is refused instead of the oldest being forgotten, as that
// could then be replayed. Only datagrams with a good signature may be given to it, so no stranger
// can fill it.
//
// Memory: 33 bytes at the most for each datagram remembered, given back as seconds go by.
// Thread safety: none. Tested by tests/unit/common/replay_memory_test.cc.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <cstdint>
#include <map>

#include "common/hash.h"

namespace weir {

class ReplayMemory {
 public:
  static constexpr size_t kMost = size_t{1} << 20;

  enum class Verdict : uint8_t { kNew, kTooOld, kTooNew, kReplayed, kFull };

  // `max_skew` in seconds; `most` is other than kMost in tests.
  explicit ReplayMemory(int64_t max_skew, size_t most = kMost) : max_skew_(max_skew), most_(most) {}

  // Whether what was stamped with this second may be taken now, and remembers it if so. `now` and
  // `stamp` in seconds since 1970; `now` may go back. What was forgotten stays too old.
  Verdict Take(const Hash128& signature, uint64_t stamp, int64_t now);

  size_t size() const { return size_; }

 private:
  // Signatures are as good as random.
  struct SignatureHash {
    size_t operator()(const Hash128& signature) const { return signature.low; }
  };
  using Signatures = absl::flat_hash_set<Hash128, SignatureHash>;

  void ForgetBefore(int64_t second);

  const int64_t max_skew_;
  const size_t most_;
  std::map<int64_t, Signatures> by_second_;  // at most 2 * max_skew_ + 1 of them
  int64_t forgotten_before_ = 0;
  size_t size_ = 0;
};

}  // namespace weir
