#include "router/downstream.h"

#include <utility>

#include "router/datagram_downstream.h"
#include "router/tcp_downstream.h"

namespace weir {

std::unique_ptr<Downstream> MakeDownstream(EventLoop& loop, const DownstreamSpec& spec, size_t mtu,
                                           DownstreamEvents events) {
  if (spec.transport == Transport::kTcp) {
    return std::make_unique<TcpDownstream>(loop, spec, std::move(events));
  }
  return std::make_unique<DatagramDownstream>(loop, spec, mtu, std::move(events));
}

}  // namespace weir
