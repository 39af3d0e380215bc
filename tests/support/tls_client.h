// TlsClient: the other side of TLS, which never waits: the test turns the loop in between.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "common/scoped_fd.h"
#include "common/tls_config.h"
#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {

class TlsClient {
 public:
  // Connects to "127.0.0.1:9", with a certificate or without; it trusts every server.
  explicit TlsClient(const std::string& address, const TlsConfig* own = nullptr)
      : fd_(Connect(SOCK_STREAM, address)), context_(SSL_CTX_new(TLS_client_method())) {
    if (own != nullptr) {
      REQUIRE(SSL_CTX_use_certificate_chain_file(context_, own->certificate.path.c_str()) == 1);
      REQUIRE(SSL_CTX_use_PrivateKey_file(context_, own->key.path.c_str(), SSL_FILETYPE_PEM) == 1);
    }
    REQUIRE(fcntl(fd_.get(), F_SETFL, O_NONBLOCK) == 0);
    // What is sent waits for no acknowledgement of the handshake.
    const int now = 1;
    REQUIRE(setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now)) == 0);
    connection_ = SSL_new(context_);
    SSL_set_fd(connection_, fd_.get());
  }
  ~TlsClient() {
    SSL_free(connection_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Goes on with the handshake; true when it is done, as far as the client knows.
  bool Shake() {
    ERR_clear_error();
    return SSL_connect(connection_) == 1;
  }
  void Send(std::string_view bytes) {
    ERR_clear_error();
    REQUIRE(SSL_write(connection_, bytes.data(), static_cast<int>(bytes.size())) ==
            static_cast<int>(bytes.size()));
  }
  // Sends a record without data: from now on other keys are used; `type` is OpenSSL's.
  void ChangeKeys(int type = SSL_KEY_UPDATE_NOT_REQUESTED) {
    ERR_clear_error();
    REQUIRE(SSL_key_update(connection_, type) == 1);
    REQUIRE(SSL_do_handshake(connection_) == 1);
  }
  // The orderly end.
  void SayGoodbye() { SSL_shutdown(connection_); }
  // Has the server answered anything that was not read yet?
  bool IsAnswered() const {
    char byte;
    return recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }
  // Has the server closed? What it said before is thrown away.
  bool IsClosed() const {
    char bytes[4096];
    ssize_t size;
    while ((size = recv(fd_.get(), bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
    }
    return size == 0 || errno != EAGAIN;
  }
  // As "/CN=name".
  std::string ServerName() const {
    X509* const certificate = SSL_get1_peer_certificate(connection_);
    REQUIRE(certificate != nullptr);
    char text[256] = "";
    X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof(text));
    X509_free(certificate);
    return text;
  }

 private:
  ScopedFd fd_;
  SSL_CTX* const context_;
  SSL* connection_ = nullptr;
};

}  // namespace weir
