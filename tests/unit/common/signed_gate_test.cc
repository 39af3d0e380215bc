#include "common/signed_gate.h"

#include <endian.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace weir {
namespace {

constexpr int64_t kNow = 1'700'000'000;

std::string Signed(std::string_view key, uint64_t stamp, std::string_view nonce,
                   std::string_view text) {
  stamp = htole64(stamp);
  std::string rest(reinterpret_cast<const char*>(&stamp), sizeof(stamp));
  rest.append(nonce).append(text);
  const HmacSha256::Code code = HmacSha256(key).Of(rest);
  return std::string(code.begin(), code.end()) + rest;
}

struct Gated {
  void Take(const std::string& datagram) { gate.OnDatagram(datagram, Transport::kSignedUdp); }
  uint64_t rejected(Rejection reason) const {
    return counters.rejected[static_cast<size_t>(reason)];
  }

  int64_t now = kNow;
  Replaceable<KeySet> keys{KeySet::Read("first key\nsecond\n", "keys").value()};
  RecordingSink sink;
  ListenerCounters counters;
  SignedGate gate{keys, std::chrono::seconds(3), sink, counters, [this] { return now; }};
};

TEST_CASE("the text of a signed datagram comes in", "[signed_gate]") {
  Gated gated;
  gated.Take(Signed("first key", kNow, "abcd", "a:1|c\nb:2|c"));
  gated.Take(Signed("second", kNow - 3, "abcd", "c:1|c\n"));
  gated.Take(Signed("second", kNow + 3, "abcd", ""));
  CHECK(gated.sink.datagrams == std::vector<std::string>{"a:1|c\nb:2|c", "c:1|c\n", ""});
  CHECK(gated.sink.last_transport == Transport::kSignedUdp);
  CHECK(gated.counters.rejected == ListenerCounters().rejected);
  gated.gate.OnBatchEnd();
  CHECK(gated.sink.batch_ends == 1);
}

TEST_CASE("what is not signed right does not come in, whichever byte is wrong", "[signed_gate]") {
  Gated gated;
  const std::string good = Signed("second", kNow, "abcd", "a:1|c");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    gated.Take(bad);
  }
  CHECK(gated.rejected(Rejection::kBadSignature) == good.size());
  gated.Take(Signed("third", kNow, "abcd", "a:1|c"));
  gated.Take(good + "x");
  CHECK(gated.rejected(Rejection::kBadSignature) == good.size() + 2);
  for (size_t size = 0; size < 44; ++size) gated.Take(good.substr(0, size));
  CHECK(gated.rejected(Rejection::kTooShort) == 44);
  CHECK(gated.sink.datagrams.empty());
  // None of that makes the good one a replay.
  gated.Take(good);
  CHECK(gated.sink.datagrams == std::vector<std::string>{"a:1|c"});
}

TEST_CASE("a datagram comes in once, and only while it is fresh", "[signed_gate]") {
  Gated gated;
  const std::string one = Signed("second", kNow, "abcd", "a:1|c");
  gated.Take(one);
  gated.Take(one);
  gated.Take(Signed("second", kNow, "abce", "a:1|c"));
  CHECK(gated.rejected(Rejection::kReplayed) == 1);
  CHECK(gated.sink.datagrams.size() == 2);
  gated.Take(Signed("second", kNow - 4, "abcd", "a:1|c"));
  gated.Take(Signed("second", kNow + 4, "abcd", "a:1|c"));
  gated.now += 4;
  gated.Take(one);
  CHECK(gated.rejected(Rejection::kTooOld) == 2);
  CHECK(gated.rejected(Rejection::kTooNew) == 1);
  CHECK(gated.sink.datagrams.size() == 2);
}

TEST_CASE("keys that are replaced count from the next datagram on", "[signed_gate]") {
  Gated gated;
  gated.Take(Signed("second", kNow, "abcd", "a:1|c"));
  gated.keys.Replace(KeySet::Read("second\nthird\n", "keys").value());
  gated.Take(Signed("first key", kNow, "abcd", "b:1|c"));
  gated.Take(Signed("third", kNow, "abcd", "c:1|c"));
  // What was taken stays taken.
  gated.Take(Signed("second", kNow, "abcd", "a:1|c"));
  CHECK(gated.sink.datagrams == std::vector<std::string>{"a:1|c", "c:1|c"});
  CHECK(gated.rejected(Rejection::kBadSignature) == 1);
  CHECK(gated.rejected(Rejection::kReplayed) == 1);
}

TEST_CASE("a file of too many keys is refused with the place of the first too many",
          "[signed_gate]") {
  std::string text;
  for (size_t i = 0; i <= KeySet::kMost; ++i) text += "key" + std::to_string(i) + "\n";
  const auto keys = KeySet::Read(text, "keys");
  REQUIRE_FALSE(keys);
  CHECK(keys.error().message.starts_with("keys:17:1: more than 16 keys"));
}

}  // namespace
}  // namespace weir
