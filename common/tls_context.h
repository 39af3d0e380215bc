// TlsContext: certificate, key and rules of a server, loaded into OpenSSL and ready for handshakes.
//
// Sessions are not resumed: one that was begun under a CA or a name that is trusted no longer would
// go on to be. So every connection costs a whole handshake: 0.8 ms of the server's thread, with a
// P-256 key or RSA-2048 (measured on a machine under load).
//
// OpenSSL stays inside tls_*.cc, and http_tls.cc, which hands it to CivetWeb. Loading never asks
// for a passphrase: an encrypted key is an error. Thread safety: immutable; OpenSSL counts who uses
// it, so a connection outlives it. Tested by tests/unit/common/tls_context_test.cc and
// tests/integration/test_web_config.py.
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "common/tls_config.h"

struct ssl_ctx_st;
struct ssl_st;

namespace weir {

class TlsContext {
 public:
  // Opens the files. Error: the file or the place of the PEM text, and what is wrong with it. A
  // certificate that is not valid now is loaded, and said in the log.
  static Result<std::shared_ptr<const TlsContext>> Load(const TlsConfig& config);

  // One of OpenSSL's without a certificate, for connections that will adopt another. The caller
  // frees it.
  static ssl_ctx_st* NewWithoutSessions();

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Makes a connection, whose client has said hello, go on by this context, whatever it was made
  // with.
  void Adopt(ssl_st* connection) const;

  // OpenSSL's; as long as this lives.
  ssl_ctx_st* get() const { return context_; }
  // Until when the certificate is valid, as OpenSSL writes times: "Nov 21 06:45:49 2027 GMT".
  const std::string& not_after() const { return not_after_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  Result<Done> Configure(const TlsConfig& config);
  Result<Done> LoadCertificate(const TlsConfig& config);

  ssl_ctx_st* const context_;
  std::string groups_;
  std::string not_after_;
};

}  // namespace weir
