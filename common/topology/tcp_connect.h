// Connecting over TCP without waiting, in two steps: begin, and once the socket is writable, see.
//
// Thread safety: pure but for the sockets.
// Tested by tests/unit/router/tcp_downstream_test.cc, probe_test.cc.
#pragma once

#include "common/scoped_fd.h"
#include "common/topology/endpoint.h"

namespace weir {

// Begins; returns zero or errno. The socket is non-blocking and sends small pieces at once.
int BeginConnect(const Endpoint& endpoint, ScopedFd* fd);

// What came of it, once the socket is writable: zero or errno. A connection of a port with itself,
// which the kernel makes when it happens to choose the very port that is asked for, counts as
// refused.
int ConnectOutcome(int fd);

}  // namespace weir
