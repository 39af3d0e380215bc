#include "common/token_gate.h"

#include "common/line.h"

namespace weir {

TokenGate::TokenGate(const Replaceable<TokenSet>& tokens, LineSink& inner,
                     ListenerCounters& counters)
    : tokens_(tokens), inner_(inner), counters_(counters) {}

bool TokenGate::LetIn(const TokenSet& tokens, std::string_view* line) {
  if (line->empty()) return true;
  const size_t dot = line->find('.');
  if (dot == line->npos || dot == 0) {
    counters_.Reject(Rejection::kMissingToken);
    return false;
  }
  if (!tokens.Contains(line->substr(0, dot))) {
    counters_.Reject(Rejection::kUnknownToken);
    return false;
  }
  line->remove_prefix(dot + 1);
  return true;
}

void TokenGate::OnDatagram(std::string_view datagram, Transport transport) {
  const TokenSet& tokens = tokens_.Get();
  LineCutter cutter(datagram, Framing::kDatagram);
  std::string_view line;
  while (cutter.Next(&line)) {
    if (LetIn(tokens, &line)) inner_.OnDatagram(line, transport);
  }
}

void TokenGate::OnStream(std::string_view lines, Transport transport) {
  const TokenSet& tokens = tokens_.Get();
  LineCutter cutter(lines, Framing::kStream);
  std::string_view line;
  let_in_.clear();
  while (cutter.Next(&line)) {
    if (!LetIn(tokens, &line)) continue;
    let_in_ += line;
    let_in_ += '\n';
  }
  if (!let_in_.empty()) inner_.OnStream(let_in_, transport);
}

}  // namespace weir
