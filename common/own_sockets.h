// The TCP sockets of this process, whoever opened them: a library shows none of its own.
//
// Thread safety: any thread; what another one opens or closes meanwhile is seen or not.
// Tested by tests/unit/common/http_server_test.cc.
#pragma once

#include <cstdint>
#include <functional>

#include "common/address.h"

namespace weir {

// Calls `visit(fd, local address)` for every one whose local port is `port`.
void ForEachTcpSocket(uint16_t port,
                      const std::function<void(int fd, const SocketAddress& local)>& visit);

bool Listens(int fd);

}  // namespace weir
