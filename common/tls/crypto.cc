// libcrypto.so for CivetWeb 1.15, which looks for OpenSSL under this name; without it that name is
// there only where libssl-dev is installed. Has nothing of its own: see common/tls/ssl.cc.
