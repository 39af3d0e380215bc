#include "common/tls_context.h"

#include <fstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

std::string ErrorOf(const TlsConfig& config) {
  const auto loaded = TlsContext::Load(config);
  return loaded ? "" : loaded.error().message;
}

TEST_CASE("a certificate and its key are loaded, of files and of texts", "[tls_context]") {
  const TemporaryDirectory directory;
  TlsConfig config = MakeCertificate(directory.path, "one");
  const auto loaded = TlsContext::Load(config);
  REQUIRE(loaded);
  CHECK((*loaded)->not_after().ends_with(" GMT"));
  for (Pem* pem : {&config.certificate, &config.key}) {
    *pem = {.path = {}, .text = TextOfFile(pem->path), .place = "web.yml:2:3"};
  }
  CHECK(ErrorOf(config).empty());
}

TEST_CASE("a certificate that has expired is loaded all the same", "[tls_context]") {
  const TemporaryDirectory directory;
  TlsConfig config = MakeCertificate(directory.path, "one");
  const std::string old = directory / "old.pem";
  RunOpenSsl("x509 -in " + config.certificate.path + " -signkey " + config.key.path +
             " -days -1 -out " + old);
  config.certificate.path = old;
  CHECK(ErrorOf(config).empty());
}

TEST_CASE("certificates behind the first go with it", "[tls_context]") {
  const TemporaryDirectory directory;
  const TlsConfig config = MakeCertificate(directory.path, "one");
  const TlsConfig other = MakeCertificate(directory.path, "ca");
  std::ofstream(config.certificate.path, std::ios::app) << TextOfFile(other.certificate.path);
  CHECK(ErrorOf(config).empty());
  std::ofstream(config.certificate.path, std::ios::app)
      << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(ErrorOf(config).starts_with(config.certificate.path + ": a certificate in it is broken: "));
}

TEST_CASE("files that are none of what they should be are told", "[tls_context]") {
  const TemporaryDirectory directory;
  const TlsConfig good = MakeCertificate(directory.path, "one");
  const TlsConfig other = MakeCertificate(directory.path, "two");
  TlsConfig config = good;
  config.key.path = other.key.path;
  CHECK(ErrorOf(config) ==
        other.key.path + ": is not the key of the certificate in " + good.certificate.path);
  config.key.path = good.certificate.path;
  CHECK(ErrorOf(config).starts_with(good.certificate.path + ": holds no private key in PEM"));
  config = good;
  config.certificate.path = good.key.path;
  CHECK(ErrorOf(config).starts_with(good.key.path + ": holds no certificate in PEM"));
  config.certificate.path = "/nowhere";
  CHECK(ErrorOf(config) == "/nowhere: cannot be read: No such file or directory");
  config = good;
  config.client_auth = ClientAuth::kRequireAndVerify;
  config.client_ca = {.path = {}, .text = "nothing", .place = "web.yml:4:5"};
  CHECK(ErrorOf(config).starts_with("web.yml:4:5: holds no certificate in PEM"));
}

TEST_CASE("nobody is asked for a passphrase", "[tls_context]") {
  const TemporaryDirectory directory;
  TlsConfig config = MakeCertificate(directory.path, "one");
  const std::string locked = directory / "locked";
  RunOpenSsl("pkcs8 -topk8 -in " + config.key.path + " -passout pass:secret -out " + locked);
  config.key.path = locked;
  CHECK(ErrorOf(config).starts_with(locked + ": the key has a passphrase, which nobody can be"));
}

TEST_CASE("ciphers, curves and versions are set", "[tls_context]") {
  const TemporaryDirectory directory;
  TlsConfig config = MakeCertificate(directory.path, "one");
  config.curves = {"X25519", "P-256", "P-384", "P-521"};
  config.cipher_suites = {"ECDHE-RSA-AES256-SHA", "AES128-SHA", "ECDHE-ECDSA-CHACHA20-POLY1305"};
  config.min_version = TlsVersion::k10;
  CHECK(ErrorOf(config).empty());
  config.cipher_suites->clear();  // all that were given are of TLS 1.3
  CHECK(ErrorOf(config).empty());
}

}  // namespace
}  // namespace weir
