// Datagrams at a gate: signed ones, and lines that begin with a token. What no key has signed does
// not come in, and what comes in is what was signed, or what stands behind a token.
#include <endian.h>

#include <cstring>
#include <string>

#include "common/signed_gate.h"
#include "common/token_gate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/recording_sink.h"

namespace weir {
namespace {

constexpr int64_t kNow = 1'700'000'000;
constexpr std::string_view kKey = "key";

std::string Signed(std::string_view rest) {
  const HmacSha256::Code code = HmacSha256(kKey).Of(rest);
  return std::string(code.begin(), code.end()).append(rest);
}

struct Gate {
  Replaceable<KeySet> keys{KeySet::Read("other\nkey\n", "keys").value()};
  RecordingSink sink;
  ListenerCounters counters;
  SignedGate gate{keys, std::chrono::seconds(3), sink, counters, [] { return kNow; }};
};

void TakeSigned(std::string_view input) {
  Gate gate;
  gate.gate.OnDatagram(input, Transport::kSignedUdp);
  // Nobody finds a code by chance.
  FUZZ_CHECK(gate.sink.datagrams.empty());

  // The same, signed: as it stands there, and with a stamp of now.
  const std::string good = Signed(input);
  gate.gate.OnDatagram(good, Transport::kSignedUdp);
  gate.gate.OnDatagram(good, Transport::kSignedUdp);
  FUZZ_CHECK(gate.sink.datagrams.size() <= 1);
  const uint64_t stamp = htole64(static_cast<uint64_t>(kNow));
  std::string stamped(reinterpret_cast<const char*>(&stamp), sizeof stamp);
  stamped.append("rand").append(input);
  gate.sink.datagrams.clear();
  gate.gate.OnDatagram(Signed(stamped), Transport::kSignedUdp);
  FUZZ_CHECK(gate.sink.datagrams.size() == 1 ||
             gate.counters.rejected != ListenerCounters().rejected);
  if (!gate.sink.datagrams.empty()) FUZZ_CHECK(gate.sink.datagrams[0] == input);
}

void TakeTokens(std::string_view input) {
  Replaceable<TokenSet> tokens(TokenSet::Read("abc\n32a3c497\n", "tokens").value());
  RecordingSink sink;
  ListenerCounters counters;
  TokenGate gate(tokens, sink, counters);
  gate.OnDatagram(input, Transport::kUdp);
  for (const std::string& line : sink.datagrams) {
    FUZZ_CHECK(line.find('\n') == line.npos);
    FUZZ_CHECK(line.empty() || input.find("abc." + line) != input.npos ||
               input.find("32a3c497." + line) != input.npos);
  }
  std::string stream(input);
  if (stream.empty()) return;
  stream += '\n';
  gate.OnStream(stream, Transport::kTcp);
  FUZZ_CHECK(sink.stream_text.size() <= stream.size());
  FUZZ_CHECK(sink.stream_text.empty() || sink.stream_text.back() == '\n');
}

}  // namespace

FUZZ(datagram) {
  TakeSigned(input);
  TakeTokens(input);
}

}  // namespace weir
