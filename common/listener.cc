#include "common/listener.h"

#include <utility>

#include "common/check.h"
#include "common/datagram_listener.h"
#include "common/signed_gate.h"
#include "common/stream_listener.h"
#include "common/takeover_link.h"
#include "common/token_gate.h"

namespace weir {

Listener::Listener(BoundSocket socket) : socket_(std::move(socket)) {}

Listener::~Listener() = default;

LineSink& Listener::Gated(LineSink& inner) {
  if (admission().keys != nullptr) {
    gate_ = std::make_unique<SignedGate>(*admission().keys, admission().max_skew, inner, counters_);
  } else if (admission().tokens != nullptr) {
    gate_ = std::make_unique<TokenGate>(*admission().tokens, inner, counters_);
  }
  return gate_ == nullptr ? inner : *gate_;
}

bool Listener::Share(const TakeoverLink& link) const {
  return link.SendSocket(transport(), socket_.wanted, fd());
}

void Listener::OwnFile() {
  const bool is_unix = transport() == Transport::kUnixgram || transport() == Transport::kUnixStream;
  if (is_unix && address().starts_with('/')) socket_.file = SocketFile(address());
}

void Listener::Leave() {
  left_ = true;
  socket_.file.Leave();
  socket_.fd = ScopedFd();
}

std::unique_ptr<Listener> Attach(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket,
                                 LineSink& sink) {
  switch (socket.transport) {
    case Transport::kUdp:
    case Transport::kUnixgram:
    case Transport::kSignedUdp:
      return std::make_unique<DatagramListener>(loop, slots, std::move(socket), sink);
    case Transport::kTcp:
    case Transport::kUnixStream:
    case Transport::kHttp:
      break;
  }
  WEIR_CHECK(socket.transport != Transport::kHttp);
  return std::make_unique<StreamListener>(loop, slots, std::move(socket), sink);
}

}  // namespace weir
