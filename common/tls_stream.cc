#include "common/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

#include "common/check.h"

namespace weir {
namespace {

Rejection FailureOf(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return Rejection::kHandshakeFailed;
  switch (ERR_GET_REASON(error)) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return Rejection::kNoCertificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return Rejection::kBadCertificate;
    default:
      return Rejection::kHandshakeFailed;
  }
}

bool IsUnexpectedEnd(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL &&
         ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace

TlsStream::TlsStream(const TlsContext& context, int fd) : connection_(SSL_new(context.get())) {
  WEIR_CHECK(connection_ != nullptr && SSL_set_fd(connection_, fd) == 1);
  // With it one read goes on through records without data for as long as the peer sends them.
  SSL_clear_mode(connection_, SSL_MODE_AUTO_RETRY);
}

TlsStream::~TlsStream() { SSL_free(connection_); }

TlsStream::Handshake TlsStream::Shake() {
  ERR_clear_error();
  const int result = SSL_accept(connection_);
  const int state = SSL_get_error(connection_, result);
  wants_write_ = state == SSL_ERROR_WANT_WRITE;
  if (result == 1) return Handshake::kDone;
  if (state == SSL_ERROR_WANT_READ || state == SSL_ERROR_WANT_WRITE) return Handshake::kWaits;
  failure_ = FailureOf(ERR_peek_error());
  ERR_clear_error();
  return Handshake::kFailed;
}

ssize_t TlsStream::Read(char* buffer, size_t size) {
  ERR_clear_error();
  size_t count = 0;
  errno = 0;
  const int result = SSL_read_ex(connection_, buffer, size, &count);
  const int state = SSL_get_error(connection_, result);
  wants_write_ = state == SSL_ERROR_WANT_WRITE;
  switch (state) {
    case SSL_ERROR_NONE:
      return static_cast<ssize_t>(count);
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
      // The socket was not empty: it gave a record, or took the answer to one.
      if (errno != EAGAIN) errno = EINTR;
      return -1;
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_SYSCALL:
      if (errno == 0) errno = ECONNABORTED;
      return -1;
    default:
      errno = IsUnexpectedEnd(ERR_peek_error()) ? ECONNABORTED : EPROTO;
      ERR_clear_error();
      return -1;
  }
}

}  // namespace weir
