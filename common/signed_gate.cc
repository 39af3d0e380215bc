#include "common/signed_gate.h"

#include <endian.h>

#include <cstring>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

constexpr size_t kStampBytes = 8;
constexpr size_t kNonceBytes = 4;
constexpr size_t kHeaderBytes = HmacSha256::kBytes + kStampBytes + kNonceBytes;

Rejection RejectionOf(ReplayMemory::Verdict verdict) {
  switch (verdict) {
    case ReplayMemory::Verdict::kTooOld:
      return Rejection::kTooOld;
    case ReplayMemory::Verdict::kTooNew:
      return Rejection::kTooNew;
    case ReplayMemory::Verdict::kFull:
      return Rejection::kMemoryFull;
    case ReplayMemory::Verdict::kReplayed:
    case ReplayMemory::Verdict::kNew:
      break;
  }
  return Rejection::kReplayed;
}

}  // namespace

int64_t SignedGate::SystemSeconds() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch())
      .count();
}

SignedGate::SignedGate(const Replaceable<KeySet>& keys, std::chrono::seconds max_skew,
                       LineSink& inner, ListenerCounters& counters, WallClock clock)
    : keys_(keys),
      memory_(max_skew.count()),
      inner_(inner),
      counters_(counters),
      clock_(std::move(clock)) {}

bool SignedGate::IsSigned(std::string_view code, std::string_view text) {
  const KeySet& keys = keys_.Get();
  if (&keys != prepared_) {
    prepared_ = &keys;
    macs_.clear();
    for (const std::string& key : keys.keys()) macs_.emplace_back(key);
  }
  for (HmacSha256& mac : macs_) {
    if (SameCode(mac.Of(text), code)) return true;
  }
  return false;
}

void SignedGate::OnDatagram(std::string_view datagram, Transport transport) {
  if (datagram.size() < kHeaderBytes) return counters_.Reject(Rejection::kTooShort);
  const std::string_view code = datagram.substr(0, HmacSha256::kBytes);
  if (!IsSigned(code, datagram.substr(code.size()))) {
    return counters_.Reject(Rejection::kBadSignature);
  }
  uint64_t stamp;
  std::memcpy(&stamp, datagram.data() + HmacSha256::kBytes, sizeof(stamp));
  Hash128 signature;
  std::memcpy(&signature, code.data(), sizeof(signature));
  const auto verdict = memory_.Take(signature, le64toh(stamp), clock_());
  if (verdict != ReplayMemory::Verdict::kNew) return counters_.Reject(RejectionOf(verdict));
  inner_.OnDatagram(datagram.substr(kHeaderBytes), transport);
}

void SignedGate::OnStream(std::string_view, Transport) { WEIR_CHECK(false); }

}  // namespace weir
