// libssl.so for CivetWeb 1.15, which looks for OpenSSL under this name at run time and, as Debian
// 12 builds it, asks for a function of OpenSSL 1.1 that OpenSSL 3 has under another name only. All
// the rest comes from libssl.so.3, which this library needs: dlsym looks there too. Loaded by
// common/http_server.cc, when HTTPS is asked for.
extern "C" void* SSL_get1_peer_certificate(const void* ssl);

extern "C" __attribute__((visibility("default"))) void* SSL_get_peer_certificate(const void* ssl) {
  return SSL_get1_peer_certificate(ssl);
}
