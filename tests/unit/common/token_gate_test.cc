#include "common/token_gate.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace weir {
namespace {

struct Gated {
  uint64_t rejected(Rejection reason) const {
    return counters.rejected[static_cast<size_t>(reason)];
  }

  Replaceable<TokenSet> tokens{TokenSet::Read("abc\nother\n", "tokens").value()};
  RecordingSink sink;
  ListenerCounters counters;
  TokenGate gate{tokens, sink, counters};
};

TEST_CASE("a datagram's lines with a known token come in without it", "[token_gate]") {
  Gated gated;
  gated.gate.OnDatagram("abc.my.metric:1|c\nother.b:2|g\r\nabc._sc|x|0", Transport::kUdp);
  CHECK(gated.sink.datagrams == std::vector<std::string>{"my.metric:1|c", "b:2|g", "_sc|x|0"});
  CHECK(gated.sink.last_transport == Transport::kUdp);
  CHECK(gated.counters.rejected == ListenerCounters().rejected);
  gated.gate.OnBatchEnd();
  CHECK(gated.sink.batch_ends == 1);
}

TEST_CASE("lines without a token, and with an unknown one, are dropped and counted apart",
          "[token_gate]") {
  Gated gated;
  gated.gate.OnDatagram("nodot:1|c\nABC.a:1|c\nabc.good:1|c\n.a:1|c\nab.c:1|c\nabcd.a:1|c",
                        Transport::kUnixgram);
  CHECK(gated.sink.datagrams == std::vector<std::string>{"good:1|c"});
  CHECK(gated.rejected(Rejection::kMissingToken) == 2);
  CHECK(gated.rejected(Rejection::kUnknownToken) == 3);
}

TEST_CASE("empty lines pass, to be counted as they always are", "[token_gate]") {
  Gated gated;
  gated.gate.OnDatagram("abc.a:1|c\n", Transport::kUdp);
  CHECK(gated.sink.datagrams == std::vector<std::string>{"a:1|c", ""});
  gated.gate.OnDatagram("", Transport::kUdp);
  CHECK(gated.sink.datagrams.size() == 3);
  gated.gate.OnStream("\n\r\nabc.b:1|c\n", Transport::kTcp);
  CHECK(gated.sink.stream_text == "\n\nb:1|c\n");
}

TEST_CASE("what comes in of a stream comes in at once, and its last line is whole",
          "[token_gate]") {
  Gated gated;
  gated.gate.OnStream("abc.a:1|c\nbad.b:1|c\nabc.c:1|c\n", Transport::kTcp);
  CHECK(gated.sink.streams == std::vector<std::string>{"a:1|c\nc:1|c\n"});
  gated.gate.OnStream("bad.b:1|c\n", Transport::kTcp);
  CHECK(gated.sink.streams.size() == 1);
  gated.gate.OnStream("other.last:1|c", Transport::kUnixStream);
  CHECK(gated.sink.streams.back() == "last:1|c\n");
  CHECK(gated.rejected(Rejection::kUnknownToken) == 2);
}

TEST_CASE("tokens that are replaced count from the next datagram on", "[token_gate]") {
  Gated gated;
  gated.tokens.Replace(TokenSet::Read("new\n", "tokens").value());
  gated.gate.OnDatagram("abc.a:1|c\nnew.b:1|c", Transport::kUdp);
  CHECK(gated.sink.datagrams == std::vector<std::string>{"b:1|c"});
}

}  // namespace
}  // namespace weir
