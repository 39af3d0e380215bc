// TlsConfig: what a server says and asks of its clients over TLS: the section `tls_server_config`
// of Prometheus' exporter-toolkit.
//
// Only what stands in the section is looked at here; the files it names are opened by
// common/tls_context.h. Differences from exporter-toolkit: docs/differences.md.
// Thread safety: a plain value. Tested by tests/unit/common/web_config_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/yaml_map.h"

namespace weir {

// Certificates or a key, in PEM.
struct Pem {
  std::string path;  // of a file; empty: it is `text`
  std::string text;
  std::string place;  // of `text`: "file:line:column"

  bool given() const { return !path.empty() || !text.empty(); }
};

// What is asked of a client's certificate. The order is that of Go's crypto/tls.
enum class ClientAuth : uint8_t {
  kNone,
  kRequest,           // it may have one, whoever made it
  kRequireAny,        // it must have one, whoever made it
  kVerifyIfGiven,     // if it has one, client_ca must have made it
  kRequireAndVerify,  // it must have one that client_ca made
};

enum class TlsVersion : uint8_t { k10, k11, k12, k13 };

struct TlsConfig {
  Pem certificate;  // behind it may stand those that vouch for it
  Pem key;
  Pem client_ca;  // one or more; not given: those that the system trusts
  ClientAuth client_auth = ClientAuth::kNone;
  // A client's certificate must have one of these names, if there are any.
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  // Up to TLS 1.2, by OpenSSL's names and in order of preference; nothing: OpenSSL's choice.
  std::optional<std::vector<std::string>> cipher_suites;
  bool prefer_server_cipher_suites = true;
  std::vector<std::string> curves;  // by OpenSSL's names; empty: its choice

  bool verifies() const { return client_auth >= ClientAuth::kVerifyIfGiven; }
  bool requires_certificate() const {
    return client_auth == ClientAuth::kRequireAny || client_auth == ClientAuth::kRequireAndVerify;
  }
  // Does it do without a check of clients' certificates that `before` makes: that there is one,
  // that a given CA made it, that it has a name? A file that was cut short does.
  bool AsksLessThan(const TlsConfig& before) const;
  // Those it names.
  std::vector<std::string> files() const;
};

// Reads the section. Relative paths begin at `directory`, which ends in '/' or is empty. Nothing,
// when it is empty or asks for no TLS (as in exporter-toolkit: no certificate, key, CA or
// client_auth_type), or has errors.
std::optional<TlsConfig> ReadTlsConfig(const Field& field, const std::string& directory);

}  // namespace weir
