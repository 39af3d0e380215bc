#include "common/listener.h"

#include <utility>

#include "common/check.h"
#include "common/datagram_listener.h"
#include "common/stream_listener.h"

namespace weir {

std::unique_ptr<Listener> Attach(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket,
                                 LineSink& sink) {
  switch (socket.transport) {
    case Transport::kUdp:
    case Transport::kUnixgram:
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
