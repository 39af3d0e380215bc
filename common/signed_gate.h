// SignedGate: lets in the text of datagrams that are signed, fresh and new.
//
// A datagram, as brubeck and statsd-ruby have it:
//   32 bytes  HMAC-SHA256 of all that follows
//    8 bytes  when it was sent, seconds since 1970, little-endian
//    4 bytes  random, so that equal lines of one second differ
//   the rest  lines
// It may have been sent up to max_skew before or after now, by this machine's clock, and is taken
// once (common/replay_memory.h): so all datagrams of a port must come through one gate. The others
// are counted by reason, as Rejection has them.
//
// Thread safety: the loop's. Lifetimes: keys, inner sink and counters outlive it.
// Tested by tests/unit/common/signed_gate_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "common/hmac.h"
#include "common/key_set.h"
#include "common/listener.h"
#include "common/replaceable.h"
#include "common/replay_memory.h"

namespace weir {

class SignedGate final : public LineSink {
 public:
  using WallClock = std::function<int64_t()>;  // seconds since 1970

  static int64_t SystemSeconds();

  // `clock` is another one in tests, and asked for each datagram.
  SignedGate(const Replaceable<KeySet>& keys, std::chrono::seconds max_skew, LineSink& inner,
             ListenerCounters& counters, WallClock clock = SystemSeconds);

  void OnDatagram(std::string_view datagram, Transport transport) override;
  void OnStream(std::string_view lines, Transport transport) override;
  void OnBatchEnd() override { inner_.OnBatchEnd(); }

 private:
  bool IsSigned(std::string_view code, std::string_view text);

  Replaceable<KeySet>::Reader keys_;
  const KeySet* prepared_ = nullptr;  // whose keys macs_ has
  std::vector<HmacSha256> macs_;
  ReplayMemory memory_;
  LineSink& inner_;
  ListenerCounters& counters_;
  const WallClock clock_;
};

}  // namespace weir
