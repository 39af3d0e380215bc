// TlsStream: the server's side of TLS on one accepted socket, which does not block.
//
// What it cannot do for want of the peer it leaves, and is asked again when the socket is ready. It
// reads a record at a time, so it never holds bytes that the socket's readiness does not tell of.
// Memory: 15 KB for a connection that has nothing to say (measured), some 50 KB while it shakes
// hands (an estimate). Thread safety: none. Lifetimes: the socket outlives it. The process ignores
// SIGPIPE. Tested by tests/unit/common/tls_listener_test.cc and
// tests/integration/test_tls_listener.py.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "common/admission.h"
#include "common/tls_context.h"

namespace weir {

class TlsStream {
 public:
  enum class Handshake : uint8_t { kDone, kWaits, kFailed };

  TlsStream(const TlsContext& context, int fd);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Goes on with the handshake.
  Handshake Shake();
  // REQUIRES: Shake() has failed.
  Rejection failure() const { return failure_; }

  // As recv(): bytes; 0: the peer has ended the stream in order; -1 with errno: EAGAIN, nothing is
  // there; EINTR, a record without data (a change of keys) was taken or answered, ask again;
  // ECONNABORTED, the stream was cut without the end that TLS asks for; EPROTO, it is broken; or
  // the socket's error. REQUIRES: the handshake is done, room for a record (16 KiB).
  ssize_t Read(char* buffer, size_t size);

  // Must the socket be writable before it goes on?
  bool wants_write() const { return wants_write_; }

 private:
  ssl_st* const connection_;
  Rejection failure_ = Rejection::kHandshakeFailed;
  bool wants_write_ = false;
};

}  // namespace weir
