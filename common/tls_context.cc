#include "common/tls_context.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/config_text.h"
#include "common/log.h"

namespace weir {
namespace {

template <auto kFree>
struct Freed {
  void operator()(auto* object) const { kFree(object); }
};
using Bio = std::unique_ptr<BIO, Freed<&BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<&X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;

// What a client's certificate is asked for beyond OpenSSL's verify mode.
struct ClientRules {
  bool verifies;
  std::vector<std::string> allowed_sans;
};

void FreeRules(void*, void* rules, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<ClientRules*>(rules);
}

// The rules belong to OpenSSL's context, as a handshake may outlive the TlsContext.
int RulesIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeRules);
  return index;
}

// The first of OpenSSL's complaints, all of which are forgotten.
std::string TakeReason() {
  const unsigned long error = ERR_peek_error();
  const char* const reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL does not say why" : reason;
}

std::string TextOf(const unsigned char* bytes, int size) {
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(std::max(size, 0))};
}

// As Go writes it.
std::string NameText(const GENERAL_NAME& name) {
  int type = 0;
  const void* const value = GENERAL_NAME_get0_value(&name, &type);
  if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) {
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    return TextOf(ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
  }
  if (type != GEN_IPADD) return {};
  const auto* const bytes = static_cast<const ASN1_OCTET_STRING*>(value);
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return {};
  inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof(text));
  return text;
}

bool HasAllowedName(const X509* certificate, const std::vector<std::string>& allowed) {
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
    const std::string name = NameText(*sk_GENERAL_NAME_value(names, i));
    found = !name.empty() && std::ranges::find(allowed, name) != allowed.end();
  }
  GENERAL_NAMES_free(names);
  return found;
}

// In the place of OpenSSL's own verification of the client's certificate.
int VerifyClient(X509_STORE_CTX* store, void*) {
  const auto* const connection = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* const rules = static_cast<const ClientRules*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), RulesIndex()));
  if (rules->verifies && X509_verify_cert(store) != 1) return 0;
  if (rules->allowed_sans.empty()) return 1;
  if (HasAllowedName(X509_STORE_CTX_get0_cert(store), rules->allowed_sans)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int VersionOf(TlsVersion version) {
  constexpr int kVersions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  return kVersions[static_cast<size_t>(version)];
}

int VerifyModeOf(ClientAuth client_auth) {
  switch (client_auth) {
    case ClientAuth::kNone:
      return SSL_VERIFY_NONE;
    case ClientAuth::kRequest:
    case ClientAuth::kVerifyIfGiven:
      return SSL_VERIFY_PEER;
    case ClientAuth::kRequireAny:
    case ClientAuth::kRequireAndVerify:
      break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

std::string Joined(const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& item : items) all.append(all.empty() ? "" : ":").append(item);
  return all;
}

// The PEM itself, and what errors call it.
struct PemText {
  std::string name;
  std::string text;

  Bio Open() const { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }
};

Result<PemText> TextOf(const Pem& pem) {
  if (pem.path.empty()) return PemText{pem.place, pem.text};
  auto text = ReadConfigFile(pem.path);
  if (!text) return text.error();
  return PemText{pem.path, std::move(*text)};
}

// Without this OpenSSL would ask at the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

Result<std::vector<Certificate>> CertificatesOf(const PemText& pem) {
  std::vector<Certificate> certificates;
  const Bio bio = pem.Open();
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, &NoPassphrase, nullptr)) {
    certificates.emplace_back(next);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = TakeReason();
  if (!at_end) return Error{pem.name + ": a certificate in it is broken: " + reason};
  if (certificates.empty()) {
    return Error{pem.name + ": holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"};
  }
  return certificates;
}

Result<PrivateKey> KeyOf(const PemText& pem) {
  const Bio bio = pem.Open();
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr));
  ERR_clear_error();
  if (key != nullptr) return key;
  if (pem.text.find("ENCRYPTED") != pem.text.npos) {
    return Error{pem.name +
                 ": the key has a passphrase, which nobody can be asked for; take it "
                 "away with `openssl pkey`"};
  }
  return Error{pem.name + ": holds no private key in PEM (-----BEGIN PRIVATE KEY-----)"};
}

Result<Done> LoadClientCa(const Pem& from, SSL_CTX* context) {
  if (!from.given()) {
    SSL_CTX_set_default_verify_paths(context);
    return Done{};
  }
  const auto pem = TextOf(from);
  if (!pem) return pem.error();
  const auto certificates = CertificatesOf(*pem);
  if (!certificates) return certificates.error();
  for (const Certificate& certificate : *certificates) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
    // So that a client with several certificates knows which to show.
    SSL_CTX_add_client_CA(context, certificate.get());
  }
  ERR_clear_error();
  return Done{};
}

std::string TimeText(const ASN1_TIME* time) {
  const Bio bio(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(bio.get(), time);
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

SSL_CTX* TlsContext::NewWithoutSessions() {
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  WEIR_CHECK(context != nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::Load(const TlsConfig& config) {
  ERR_clear_error();
  SSL_CTX* const context = NewWithoutSessions();
  const std::shared_ptr<TlsContext> loaded(new TlsContext(context));
  if (const auto done = loaded->Configure(config); !done) return done.error();
  if (const auto done = loaded->LoadCertificate(config); !done) return done.error();
  if (const auto done = LoadClientCa(config.client_ca, context); !done) return done.error();
  return std::shared_ptr<const TlsContext>(loaded);
}

Result<Done> TlsContext::Configure(const TlsConfig& config) {
  TlsVersion min_version = config.min_version;
  if (config.cipher_suites && !config.cipher_suites->empty()) {
    const std::string list = Joined(*config.cipher_suites);
    if (SSL_CTX_set_cipher_list(context_, list.c_str()) != 1) {
      return Error{"cipher_suites: OpenSSL has none of " + list + ": " + TakeReason()};
    }
  } else if (config.cipher_suites) {
    min_version = TlsVersion::k13;  // all that were chosen are of TLS 1.3
  }
  // Their signatures are too weak for any other level.
  if (min_version < TlsVersion::k12) SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, VersionOf(min_version));
  SSL_CTX_set_max_proto_version(context_, VersionOf(config.max_version));
  groups_ = Joined(config.curves);
  if (!groups_.empty() && SSL_CTX_set1_groups_list(context_, groups_.c_str()) != 1) {
    return Error{"curve_preferences: OpenSSL has not all of " + groups_ + ": " + TakeReason()};
  }
  if (config.prefer_server_cipher_suites) {
    SSL_CTX_set_options(context_, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  // An idle connection keeps no buffers, 34 KB.
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);

  SSL_CTX_set_ex_data(context_, RulesIndex(),
                      new ClientRules{config.verifies(), config.client_allowed_sans});
  SSL_CTX_set_verify(context_, VerifyModeOf(config.client_auth), nullptr);
  SSL_CTX_set_cert_verify_callback(context_, &VerifyClient, nullptr);
  return Done{};
}

Result<Done> TlsContext::LoadCertificate(const TlsConfig& config) {
  const auto certificate_pem = TextOf(config.certificate);
  if (!certificate_pem) return certificate_pem.error();
  auto certificates = CertificatesOf(*certificate_pem);
  if (!certificates) return certificates.error();
  const auto key_pem = TextOf(config.key);
  if (!key_pem) return key_pem.error();
  const auto key = KeyOf(*key_pem);
  if (!key) return key.error();
  X509* const own = certificates->front().get();
  if (SSL_CTX_use_certificate(context_, own) != 1) {
    return Error{certificate_pem->name + ": the certificate cannot be used: " + TakeReason()};
  }
  if (X509_check_private_key(own, key->get()) != 1) {
    ERR_clear_error();
    return Error{key_pem->name + ": is not the key of the certificate in " + certificate_pem->name};
  }
  if (SSL_CTX_use_PrivateKey(context_, key->get()) != 1) {
    return Error{key_pem->name + ": the key cannot be used: " + TakeReason()};
  }
  for (size_t i = 1; i < certificates->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context_, (*certificates)[i].get()) != 1) {
      return Error{certificate_pem->name + ": certificate " + std::to_string(i + 1) +
                   " in it cannot be used: " + TakeReason()};
    }
  }
  not_after_ = TimeText(X509_get0_notAfter(own));
  if (X509_cmp_current_time(X509_get0_notAfter(own)) < 0 ||
      X509_cmp_current_time(X509_get0_notBefore(own)) > 0) {
    LogWarn("The certificate is not valid now", {{"certificate", certificate_pem->name},
                                                 {"not_before", TimeText(X509_get0_notBefore(own))},
                                                 {"not_after", not_after_}});
  }
  return Done{};
}

void TlsContext::Adopt(SSL* connection) const {
  SSL_set_SSL_CTX(connection, context_);
  // What OpenSSL took from the other one when it made the connection.
  SSL_set_verify(connection, SSL_CTX_get_verify_mode(context_), nullptr);
  SSL_clear_options(connection, SSL_get_options(connection));
  SSL_set_options(connection, SSL_CTX_get_options(context_));
  SSL_set_mode(connection, SSL_CTX_get_mode(context_));
  SSL_set_min_proto_version(connection, SSL_CTX_get_min_proto_version(context_));
  SSL_set_max_proto_version(connection, SSL_CTX_get_max_proto_version(context_));
  if (!groups_.empty()) SSL_set1_groups_list(connection, groups_.c_str());
}

}  // namespace weir
