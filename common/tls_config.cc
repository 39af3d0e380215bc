#include "common/tls_config.h"

#include <algorithm>
#include <span>
#include <utility>

namespace weir {
namespace {

using Kind = YamlNode::Kind;
using Names = std::pair<std::string_view, std::string_view>;

// What Go lets one choose from, and up to 1.21 did: its name, OpenSSL's. Those of TLS 1.3 cannot
// be chosen, there as here.
constexpr Names kCipherSuites[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_AES_128_GCM_SHA256", ""},
    {"TLS_AES_256_GCM_SHA384", ""},
    {"TLS_CHACHA20_POLY1305_SHA256", ""},
};

constexpr Names kCurves[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};

// The section as it stands in the file.
struct Section {
  Setting<std::string> cert, key, client_ca;
  Setting<std::string> cert_file, key_file, client_ca_file;
  Setting<ClientAuth> client_auth;
  Setting<TlsVersion> min_version, max_version;
  Setting<bool> prefer_server_cipher_suites;
  std::optional<std::vector<std::string>> cipher_suites;
  std::vector<std::string> curves;
  std::vector<std::string> sans;
  Position sans_position;
};

void ReadClientAuth(const Field& field, Section* into) {
  if (field.node.kind == Kind::kScalar && field.node.text.empty()) return;
  ReadWord<ClientAuth>(field,
                       {{"NoClientCert", ClientAuth::kNone},
                        {"RequestClientCert", ClientAuth::kRequest},
                        {"RequireAnyClientCert", ClientAuth::kRequireAny},
                        {"RequireClientCert", ClientAuth::kRequireAny},
                        {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
                        {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify}},
                       "one of NoClientCert, RequestClientCert, RequireAnyClientCert, "
                       "VerifyClientCertIfGiven and RequireAndVerifyClientCert",
                       &into->client_auth);
}

void ReadVersion(const Field& field, Setting<TlsVersion>* out) {
  ReadWord<TlsVersion>(field,
                       {{"TLS10", TlsVersion::k10},
                        {"TLS11", TlsVersion::k11},
                        {"TLS12", TlsVersion::k12},
                        {"TLS13", TlsVersion::k13}},
                       "one of TLS10, TLS11, TLS12 and TLS13", out);
}

// The names in a list, by what OpenSSL calls them.
void ReadNames(const Field& field, std::span<const Names> known, std::string_view wanted,
               std::vector<std::string>* out) {
  ReadList(field, "a list", [&](const Field& item) {
    const auto found = std::ranges::find(known, std::string_view(item.node.text), &Names::first);
    if (item.node.kind != Kind::kScalar || found == known.end()) {
      return ReportWrongValue(item, wanted);
    }
    if (!found->second.empty()) out->emplace_back(found->second);
  });
}

void ReadSans(const Field& field, Section* into) {
  into->sans_position = field.node.position;
  ReadList(field, "a list of names", [&](const Field& item) {
    Setting<std::string> name;
    Read(item, &name);
    if (name) into->sans.push_back(*name);
  });
}

constexpr Key<Section> kKeys[] = {
    {"cert", [](const Field& f, Section* into) { Read(f, &into->cert); }},
    {"key", [](const Field& f, Section* into) { Read(f, &into->key); }},
    {"client_ca", [](const Field& f, Section* into) { Read(f, &into->client_ca); }},
    {"cert_file", [](const Field& f, Section* into) { Read(f, &into->cert_file); }},
    {"key_file", [](const Field& f, Section* into) { Read(f, &into->key_file); }},
    {"client_ca_file", [](const Field& f, Section* into) { Read(f, &into->client_ca_file); }},
    {"client_auth_type", ReadClientAuth},
    {"client_allowed_sans", ReadSans},
    {"min_version", [](const Field& f, Section* into) { ReadVersion(f, &into->min_version); }},
    {"max_version", [](const Field& f, Section* into) { ReadVersion(f, &into->max_version); }},
    {"cipher_suites",
     [](const Field& f, Section* into) {
       if (IsNull(f) || (f.node.kind == Kind::kSequence && f.node.items.empty())) return;
       ReadNames(f, kCipherSuites,
                 "a cipher suite as Go calls it, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                 &into->cipher_suites.emplace());
     }},
    {"prefer_server_cipher_suites",
     [](const Field& f, Section* into) { Read(f, &into->prefer_server_cipher_suites); }},
    {"curve_preferences",
     [](const Field& f, Section* into) {
       ReadNames(f, kCurves, "one of X25519, CurveP256, CurveP384 and CurveP521", &into->curves);
     }},
};

// Of both the file counts, as in exporter-toolkit.
Pem PemOf(const Setting<std::string>& file, const Setting<std::string>& text, std::string_view key,
          const std::string& directory, Diagnostics* diagnostics) {
  if (!file.value_or("").empty()) {
    if (!text.value_or("").empty()) {
      diagnostics->Warning(text.position, std::string(key) + ": has no effect beside " +
                                              std::string(key) + "_file; leave one of them out");
    }
    return {.path = file->starts_with('/') ? *file : directory + *file, .text = {}, .place = {}};
  }
  if (text.value_or("").empty()) return {};
  return {.path = {},
          .text = *text,
          .place = diagnostics->file() + ":" + std::to_string(text.position.line) + ":" +
                   std::to_string(text.position.column)};
}

void CheckClientAuth(const TlsConfig& config, const Section& section, Position section_position,
                     Diagnostics* diagnostics) {
  const Position auth = section.client_auth ? section.client_auth.position : section_position;
  if (config.client_ca.given() && config.client_auth == ClientAuth::kNone) {
    diagnostics->Error(auth,
                       "client_ca_file or client_ca is given, but no certificate is asked for; add "
                       "client_auth_type: RequireAndVerifyClientCert");
  }
  if (config.verifies() && !config.client_ca.given()) {
    diagnostics->Warning(
        auth,
        "client_auth_type: without client_ca_file whoever has a certificate of any "
        "CA that this system trusts is let in");
  }
  if (section.sans.empty()) return;
  if (config.client_auth == ClientAuth::kNone) {
    diagnostics->Error(section.sans_position,
                       "client_allowed_sans: no certificate is asked for; add client_auth_type: "
                       "RequireAndVerifyClientCert");
  } else if (!config.verifies()) {
    diagnostics->Warning(section.sans_position,
                         "client_allowed_sans: without a CA anybody can make a certificate with "
                         "these names; let client_auth_type be RequireAndVerifyClientCert");
  }
}

TlsConfig ConfigOf(Section* section, const std::string& directory, Diagnostics* diagnostics) {
  TlsConfig config;
  config.certificate = PemOf(section->cert_file, section->cert, "cert", directory, diagnostics);
  config.key = PemOf(section->key_file, section->key, "key", directory, diagnostics);
  config.client_ca =
      PemOf(section->client_ca_file, section->client_ca, "client_ca", directory, diagnostics);
  config.client_auth = section->client_auth.value_or(config.client_auth);
  config.min_version = section->min_version.value_or(config.min_version);
  config.max_version = section->max_version.value_or(config.max_version);
  config.prefer_server_cipher_suites = section->prefer_server_cipher_suites.value_or(true);
  config.client_allowed_sans = section->sans;
  config.cipher_suites = std::move(section->cipher_suites);
  config.curves = std::move(section->curves);
  return config;
}

}  // namespace

bool TlsConfig::AsksLessThan(const TlsConfig& before) const {
  return (before.requires_certificate() && !requires_certificate()) ||
         (before.verifies() && !verifies()) ||
         (before.verifies() && before.client_ca.given() && !client_ca.given()) ||
         (!before.client_allowed_sans.empty() && client_allowed_sans.empty());
}

std::vector<std::string> TlsConfig::files() const {
  std::vector<std::string> files;
  for (const Pem* pem : {&certificate, &key, &client_ca}) {
    if (!pem->path.empty()) files.push_back(pem->path);
  }
  return files;
}

std::optional<TlsConfig> ReadTlsConfig(const Field& field, const std::string& directory) {
  if (IsNull(field)) return std::nullopt;
  if (field.node.kind != Kind::kMap) {
    ReportWrongValue(field, "a map such as {cert_file: cert.pem, key_file: key.pem}");
    return std::nullopt;
  }
  Diagnostics& diagnostics = field.diagnostics;
  const size_t errors_before = diagnostics.error_count();
  Section section;
  ReadMap<Section>(field.node, "`" + std::string(field.key) + "`", kKeys, diagnostics, &section);
  TlsConfig config = ConfigOf(&section, directory, &diagnostics);
  if (!config.certificate.given() && !config.key.given() && !config.client_ca.given() &&
      !section.client_auth) {
    diagnostics.Warning(field.node.position,
                        std::string(field.key) + ": has no certificate, so it is plain text");
    return std::nullopt;
  }
  const Position position = field.node.position;
  if (!config.certificate.given()) {
    diagnostics.Error(position, "cert_file or cert is missing: the server's certificate");
  }
  if (!config.key.given()) {
    diagnostics.Error(position, "key_file or key is missing: the key of its certificate");
  }
  if (config.min_version > config.max_version) {
    diagnostics.Error(section.min_version ? section.min_version.position : position,
                      "min_version is above max_version");
  }
  CheckClientAuth(config, section, position, &diagnostics);
  if (diagnostics.error_count() != errors_before) return std::nullopt;
  return config;
}

}  // namespace weir
