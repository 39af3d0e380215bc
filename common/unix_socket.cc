#include "common/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/unix_address.h"

namespace weir {
namespace {

ScopedFd NewSocket(int type) {
  return ScopedFd(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Error UnixError(const std::string& path, const std::string& reason) {
  return {"cannot listen on unix socket " + path + ": " + reason};
}

// Makes room for a socket file at `path`: nothing there, or only what a dead process left.
Result<Done> ClearPath(const std::string& path, int type) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) return Done{};
  if (!S_ISSOCK(status.st_mode)) {
    return UnixError(path,
                     "a file that is no socket is in the way (remove it, or choose another path)");
  }
  const ScopedFd probe = NewSocket(type);
  const UnixAddress address(path);
  if (connect(probe.get(), address.data(), address.size()) == 0 || errno != ECONNREFUSED) {
    return UnixError(path, "another program listens on it (stop that one, or choose another path)");
  }
  if (unlink(path.c_str()) != 0) {
    return UnixError(path,
                     std::string("cannot remove the stale socket file: ") + std::strerror(errno));
  }
  return Done{};
}

std::string BindReason(int error) {
  std::string reason = std::strerror(error);
  if (error == EADDRINUSE) reason += " (stop the other program, or choose another name)";
  if (error == ENOENT) reason += " (create the directory first)";
  if (error == EACCES) reason += " (this user may not create files in the directory)";
  return reason;
}

Result<BoundSocket> Open(const std::string& path, Transport transport, int type, mode_t mode) {
  if (path.empty()) return UnixError("''", "the path is empty");
  if (path.size() > UnixAddress::kMaxPathBytes) {
    return UnixError(path, "the path has " + std::to_string(path.size()) + " bytes, at most " +
                               std::to_string(UnixAddress::kMaxPathBytes) + " are possible");
  }
  const bool abstract = path[0] == '@';
  if (!abstract) {
    const Result<Done> cleared = ClearPath(path, type);
    if (!cleared) return cleared.error();
  }

  BoundSocket socket;
  socket.transport = transport;
  socket.address = path;
  socket.fd = NewSocket(type);
  if (!socket.fd.valid()) return UnixError(path, std::strerror(errno));
  // bind() makes the file with the socket's own mode less the umask; chmod() gives back what the
  // umask took. So the file is at no time open to more users than it should be.
  const UnixAddress address(path);
  if (fchmod(socket.fd.get(), mode) != 0 ||
      bind(socket.fd.get(), address.data(), address.size()) != 0) {
    return UnixError(path, BindReason(errno));
  }
  if (!abstract) {
    socket.file = SocketFile(path);
    if (chmod(path.c_str(), mode) != 0) {
      return UnixError(path, std::string("cannot set its mode: ") + std::strerror(errno));
    }
  }
  if (type != SOCK_DGRAM && listen(socket.fd.get(), kListenBacklog) != 0) {
    return UnixError(path, std::strerror(errno));
  }
  return socket;
}

}  // namespace

Result<BoundSocket> OpenUnixDatagram(const std::string& path, mode_t mode, int read_buffer) {
  Result<BoundSocket> socket = Open(path, Transport::kUnixgram, SOCK_DGRAM, mode);
  if (socket) socket->granted_read_buffer = SetReadBuffer(socket->fd.get(), read_buffer);
  return socket;
}

Result<BoundSocket> OpenUnixStream(const std::string& path, mode_t mode) {
  return Open(path, Transport::kUnixStream, SOCK_STREAM, mode);
}

Result<BoundSocket> OpenUnixPackets(const std::string& path, mode_t mode) {
  return Open(path, Transport::kUnixStream, SOCK_SEQPACKET, mode);
}

}  // namespace weir
