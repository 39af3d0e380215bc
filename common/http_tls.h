// HttpTls: TLS for CivetWeb: OpenSSL under the names it looks for, and one context of OpenSSL's for
// the server's life, whose connections go on by the newest TlsContext once their client said hello.
//
// Thread safety: constructed on the main thread; OpenSSL calls it on any. Lifetimes: outlives the
// server. Tested by tests/integration/test_web_config.py and test_http_intake.py.
#pragma once

#include <memory>

#include "common/replaceable.h"
#include "common/tls_context.h"

namespace weir {

class HttpTls {
 public:
  explicit HttpTls(std::shared_ptr<const Replaceable<TlsContext>> newest);
  ~HttpTls();
  HttpTls(const HttpTls&) = delete;
  HttpTls& operator=(const HttpTls&) = delete;

  ssl_ctx_st* context() const { return context_; }

  // Loads OpenSSL for CivetWeb, where our libraries are (common/tls/ssl.cc). CivetWeb tells when
  // that did not do.
  static void LoadOpenSsl();

 private:
  const std::shared_ptr<const Replaceable<TlsContext>> newest_;
  ssl_ctx_st* const context_;
};

}  // namespace weir
