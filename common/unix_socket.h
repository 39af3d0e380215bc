// Unix sockets to listen on, by path or by abstract name (`@name`, no file).
//
// A socket file that nobody listens on any more, left by a crash, is replaced. One that somebody
// listens on is an error, and so is any other kind of file: neither is ever touched.
//
// Thread safety: for the main thread.
// Tested by tests/unit/common/unix_socket_test.cc.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/result.h"
#include "common/socket.h"

namespace weir {

// `mode`: the permission bits of the file, whatever the umask; never wider, not even for a moment.
// `read_buffer`: as UdpOptions::read_buffer. The kernel bounds a unix socket's queue by
// net.unix.max_dgram_qlen and the senders' own buffers before this comes to bear.
Result<BoundSocket> OpenUnixDatagram(const std::string& path, mode_t mode, int read_buffer = 0);
Result<BoundSocket> OpenUnixStream(const std::string& path, mode_t mode);
// Connections that keep messages apart (SOCK_SEQPACKET).
Result<BoundSocket> OpenUnixPackets(const std::string& path, mode_t mode);

}  // namespace weir
