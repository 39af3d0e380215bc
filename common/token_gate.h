// TokenGate: lets in the lines that begin with a known token and a dot, without both.
//
//   32a3c497.my.metric:1|c -> my.metric:1|c
//
// The token ends at the first dot, as in statsgod (docs/protocol.md). Empty lines pass: they
// carry nothing. All others are counted by reason, and counted nowhere else.
//
// Lines of datagrams are handed on one by one, as views of the datagram; those of a stream as one
// copy of all that were let in.
// Thread safety: the loop's. Lifetimes: tokens, inner sink and counters outlive it.
// Tested by tests/unit/common/token_gate_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "common/listener.h"
#include "common/replaceable.h"
#include "common/token_set.h"

namespace weir {

class TokenGate final : public LineSink {
 public:
  TokenGate(const Replaceable<TokenSet>& tokens, LineSink& inner, ListenerCounters& counters);

  void OnDatagram(std::string_view datagram, Transport transport) override;
  void OnStream(std::string_view lines, Transport transport) override;
  void OnBatchEnd() override { inner_.OnBatchEnd(); }

 private:
  // Takes token and dot away; false, and counted, when the line may not enter.
  bool LetIn(const TokenSet& tokens, std::string_view* line);

  Replaceable<TokenSet>::Reader tokens_;
  LineSink& inner_;
  ListenerCounters& counters_;
  std::string let_in_;  // of a stream
};

}  // namespace weir
