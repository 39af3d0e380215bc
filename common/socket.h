// Sockets to listen on: opened and bound here, attached to a loop elsewhere (common/listener.h).
//
// The two steps are apart so that one thread opens everything at the start and reports what cannot
// be opened, before any other thread runs; a socket that another process hands over enters as a
// BoundSocket too. Unix sockets are opened by common/unix_socket.h.
//
// Errors are for the operator: what could not be opened, where, why, and what to do about it.
// Thread safety: opening is for the main thread; a BoundSocket is a value that moves.
// Tested by tests/unit/common/socket_test.cc.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/address.h"
#include "common/admission.h"
#include "common/open_stream.h"
#include "common/result.h"
#include "common/scoped_fd.h"

namespace weir {

// kHttp has no socket here: its lines come through a queue (common/queue_listener.h).
enum class Transport : uint8_t { kUdp, kTcp, kUnixgram, kUnixStream, kHttp, kSignedUdp };

// What a socket was opened for: the flag or key, and the address it has.
inline std::string WantedAs(std::string_view purpose, const std::string& address) {
  return std::string(purpose) + " " + address;
}

// As logs and metrics call it.
constexpr std::string_view Name(Transport transport) {
  constexpr std::string_view kNames[] = {"udp", "tcp", "unixgram", "unix", "http", "signed-udp"};
  return kNames[static_cast<size_t>(transport)];
}

// The file of a bound unix socket: removed when its owner goes, unless another socket has taken the
// path meanwhile.
class SocketFile {
 public:
  SocketFile() = default;  // no file: IP and abstract sockets
  // REQUIRES: `path` is the file of a socket that this process has just bound, or was handed.
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;

  // Leaves the file to another process that has the socket.
  void Leave() { path_.clear(); }

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct BoundSocket {
  Transport transport = Transport::kUdp;
  ScopedFd fd;  // non-blocking; a stream socket listens already
  // Goes before `fd`: while the socket is open its inode number cannot be given to another file.
  SocketFile file;
  // What it is really bound to: "[::]:9125" with the port the kernel chose, "/run/x.sock", "@name".
  std::string address;
  // Bytes of receive buffer as the kernel accounts them: twice what was asked when all was granted.
  // Zero for stream sockets.
  int granted_read_buffer = 0;
  Admission admission = {};  // whom its listener will take
  std::string wanted = {};   // WantedAs, by which a successor finds it
  // Of one that was handed over by a predecessor: connections it has accepted.
  std::vector<OpenStream> streams = {};
};

struct UdpOptions {
  // Bytes to ask for, first beyond net.core.rmem_max (needs CAP_NET_ADMIN), then within it. Zero
  // leaves the kernel's default.
  int read_buffer = 0;
  // How many sockets share the port (SO_REUSEPORT), one per thread; the kernel spreads senders over
  // them. Only sockets of this call share: a port that anyone else has is an error all the same.
  int sockets = 1;
};

// A wildcard address takes IPv6 and IPv4 on one socket, or IPv4 alone where the machine has no
// IPv6. A named host listens on its first address, IPv4 preferred. Never returns an empty vector.
Result<std::vector<BoundSocket>> OpenUdp(const ListenAddress& address, const UdpOptions& options);
Result<std::vector<BoundSocket>> OpenTcp(const ListenAddress& address, int sockets = 1);

// Opens more for an IP port that this process, or one of the same user, has; until there are
// `count`.
Result<Done> GrowGroup(std::vector<BoundSocket>* sockets, int count);

// How many connections the kernel holds for us to accept; clamped by net.core.somaxconn.
constexpr int kListenBacklog = 4096;

// Asks for `bytes` of receive buffer, privileged first, and returns what the kernel granted.
int SetReadBuffer(int fd, int bytes);
// The same, but never less than the socket has: who opened it may have been granted more than we
// would be.
int GrowReadBuffer(int fd, int bytes);

// Of a TCP socket that listens: who connects inherits it, so a client that vanished without a word
// is dropped in time.
void SetKeepalive(int fd);

}  // namespace weir
