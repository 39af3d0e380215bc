#include "common/web_config.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

const std::string kHash = "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu";
const std::string kServer = "tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n";

struct Read {
  explicit Read(std::string_view text, const std::string& path = "/etc/weir/web.yml")
      : config(ReadWebConfig(text, path, &warnings)) {}

  const WebConfig& operator*() const { return *config; }
  const WebConfig* operator->() const { return &*config; }
  std::string error() const { return config ? "" : config.error().message; }

  std::vector<std::string> warnings;
  Result<WebConfig> config;
};

TEST_CASE("an empty file asks for nothing", "[web_config]") {
  for (const char* text : {"", "# nothing\n", "tls_server_config:\nbasic_auth_users:\n", "{}"}) {
    const Read read(text);
    REQUIRE(read.error().empty());
    CHECK_FALSE(read->tls);
    CHECK(read->users.empty());
    CHECK(read->headers.empty());
    CHECK(read->rate_interval.count() == 0);
    CHECK(read.warnings.empty());
  }
}

TEST_CASE("paths are relative to the file", "[web_config]") {
  const std::string text = kServer +
                           "  client_ca_file: /ca.pem\n"
                           "  client_auth_type: RequireAndVerifyClientCert\n";
  const std::vector<std::vector<std::string>> wanted = {
      {"/etc/weir/web.yml", "/etc/weir/a.pem", "/etc/weir/b.pem", "/ca.pem"},
      {"web.yml", "a.pem", "b.pem", "/ca.pem"},
      {"/web.yml", "/a.pem", "/b.pem", "/ca.pem"},
  };
  for (const auto& paths : wanted) {
    const Read read(text, paths[0]);
    REQUIRE(read->tls);
    CHECK(read->tls->files() == std::vector(paths.begin() + 1, paths.end()));
    CHECK(read->tls->verifies());
  }
}

TEST_CASE("TLS is 1.2 to 1.3 in the server's order, and asks for no certificate", "[web_config]") {
  const Read read(kServer);
  REQUIRE(read->tls);
  CHECK(read->tls->min_version == TlsVersion::k12);
  CHECK(read->tls->max_version == TlsVersion::k13);
  CHECK(read->tls->prefer_server_cipher_suites);
  CHECK_FALSE(read->tls->cipher_suites);
  CHECK(read->tls->curves.empty());
  CHECK(read->tls->client_auth == ClientAuth::kNone);
}

TEST_CASE("each key of the TLS section is read", "[web_config]") {
  const Read read(
      "tls_server_config:\n"
      "  cert: cert-text\n"
      "  key: |\n"
      "    key-text\n"
      "  client_ca: ca-text\n"
      "  client_auth_type: VerifyClientCertIfGiven\n"
      "  client_allowed_sans: [a.example, 10.0.0.1]\n"
      "  min_version: TLS10\n"
      "  max_version: TLS12\n"
      "  prefer_server_cipher_suites: false\n"
      "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]\n"
      "  curve_preferences: [X25519, CurveP256]\n");
  INFO(read.error());
  REQUIRE(read.error().empty());
  REQUIRE(read->tls);
  const TlsConfig& tls = *read->tls;
  CHECK(tls.certificate.text == "cert-text");
  CHECK(tls.certificate.place == "/etc/weir/web.yml:2:9");
  CHECK(tls.key.text == "key-text\n");
  CHECK(tls.client_ca.text == "ca-text");
  CHECK(tls.files().empty());
  CHECK(tls.client_auth == ClientAuth::kVerifyIfGiven);
  CHECK(tls.client_allowed_sans == std::vector<std::string>{"a.example", "10.0.0.1"});
  CHECK(tls.min_version == TlsVersion::k10);
  CHECK(tls.max_version == TlsVersion::k12);
  CHECK_FALSE(tls.prefer_server_cipher_suites);
  CHECK(tls.cipher_suites == std::vector<std::string>{"ECDHE-RSA-AES256-SHA"});
  CHECK(tls.curves == std::vector<std::string>{"X25519", "P-256"});
}

TEST_CASE("each way to ask for a client's certificate has its name", "[web_config]") {
  const std::vector<std::pair<std::string, ClientAuth>> names = {
      {"\"\"", ClientAuth::kNone},
      {"NoClientCert", ClientAuth::kNone},
      {"RequestClientCert", ClientAuth::kRequest},
      {"RequireAnyClientCert", ClientAuth::kRequireAny},
      {"RequireClientCert", ClientAuth::kRequireAny},
      {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
      {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify},
  };
  for (const auto& [name, auth] : names) {
    INFO(name);
    const Read read(kServer + "  client_auth_type: " + name + "\n");
    REQUIRE(read->tls);
    CHECK(read->tls->client_auth == auth);
    // By the system's CAs: legal, and hardly ever meant.
    CHECK(read.warnings.size() == (read->tls->verifies() ? 1 : 0));
  }
}

TEST_CASE("users, headers and the rate are read", "[web_config]") {
  const Read read("basic_auth_users:\n  alice: " + kHash + "\n  \"\": '" + kHash +
                  "'\n"
                  "http_server_config:\n"
                  "  http2: false\n"
                  "  headers:\n"
                  "    X-Frame-Options: deny\n"
                  "    X-Content-Type-Options: nosniff\n"
                  "    X-XSS-Protection: 1\n"
                  "    Strict-Transport-Security: ''\n"
                  "    Content-Security-Policy: \"default-src 'self' *.example\"\n"
                  "rate_limit: {interval: 1s, burst: 20}\n");
  INFO(read.error());
  REQUIRE(read.error().empty());
  CHECK(read->users == std::map<std::string, std::string>{{"alice", kHash}, {"", kHash}});
  CHECK(read->headers == std::vector<std::pair<std::string, std::string>>{
                             {"X-Frame-Options", "deny"},
                             {"X-Content-Type-Options", "nosniff"},
                             {"X-XSS-Protection", "1"},
                             {"Content-Security-Policy", "default-src 'self' *.example"}});
  CHECK(read->rate_interval == std::chrono::seconds(1));
  CHECK(read->rate_burst == 20);
  CHECK(read.warnings.empty());
}

TEST_CASE("what is legal but does not do what it says is a warning", "[web_config]") {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"http_server_config: {http2: true}\n", ":1:29: http2: has no effect"},
      {"tls_server_config: {min_version: TLS12}\n", ":1:20: tls_server_config: has no certificate"},
      {kServer + "  cert: text\n", ":4:9: cert: has no effect beside cert_file"},
      {kServer + "  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a]\n",
       ":5:24: client_allowed_sans: without a CA anybody"},
  };
  for (const auto& [text, warning] : texts) {
    INFO(text);
    const Read read(text);
    REQUIRE(read.error().empty());
    REQUIRE(read.warnings.size() == 1);
    CHECK(read.warnings[0].starts_with("/etc/weir/web.yml" + warning));
  }
}

TEST_CASE("a mistake is told with its place", "[web_config]") {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"junk", ":1:1: file: `junk` is not a map"},
      {"tls_server_confg: {}", ":1:1: unknown key `tls_server_confg` in the web configuration"},
      {"tls_server_config:\n  cert_filse: a\n", ":2:3: unknown key `cert_filse`"},
      {"tls_server_config: []", ":1:20: tls_server_config: a list is not a map"},
      {"rate_limit: {}\nrate_limit: {}", ":2:1: key `rate_limit` is given twice"},
      {"tls_server_config: {cert_file: '', key_file: b}", ":1:20: cert_file or cert is missing"},
      {"tls_server_config: {cert_file: a, key: ''}", ":1:20: key_file or key is missing"},
      {kServer + "  client_ca_file: c\n", ":2:3: client_ca_file or client_ca is given, but"},
      {kServer + "  client_auth_type: x\n", ":4:21: client_auth_type: `x` is not one of"},
      {kServer + "  client_allowed_sans: [a]\n", ":4:24: client_allowed_sans: no certificate is"},
      {kServer + "  min_version: TLS111\n", ":4:16: min_version: `TLS111` is not one of TLS10"},
      {kServer + "  min_version: TLS13\n  max_version: TLS12\n", ":4:16: min_version is above"},
      {kServer + "  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n", ":4:19: cipher_suites: `TLS_R"},
      {kServer + "  curve_preferences: [CurveP257]\n", ":4:23: curve_preferences: `CurveP257`"},
      {"http_server_config: {headers: {Content-Type: x}}", ":1:32: unknown key `Content-Type`"},
      {"http_server_config: {headers: {X-Frame-Options: x}}",
       ":1:49: X-Frame-Options: `x` is not deny or sameorigin"},
      {"http_server_config: {headers: {X-XSS-Protection: \"a\\nb\"}}", ":1:50: X-XSS-Protection"},
      {"basic_auth_users: [a]", ":1:19: basic_auth_users: a list is not a map"},
      {"rate_limit: {interval: 1s}", ":1:13: rate_limit: without a burst"},
      {"rate_limit: {interval: -1s, burst: 1}", ":1:24: interval: `-1s` is not a duration"},
  };
  for (const auto& [text, error] : texts) {
    INFO(text);
    const std::string told = Read(text).error();
    INFO(told);
    CHECK(told.starts_with("/etc/weir/web.yml" + error));
  }
}

TEST_CASE("a configuration without a check of the one before asks less", "[web_config]") {
  using enum ClientAuth;
  const auto asks = [](ClientAuth client_auth) {
    TlsConfig config;
    config.client_auth = client_auth;
    return config;
  };
  // By the one before, in the order of ClientAuth: is the other less?
  constexpr bool kLess[5][5] = {{false, false, false, false, false},
                                {false, false, false, false, false},
                                {true, true, false, true, false},
                                {true, true, true, false, false},
                                {true, true, true, true, false}};
  for (const ClientAuth before :
       {kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify}) {
    for (const ClientAuth now : {kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify}) {
      INFO(static_cast<int>(before) << static_cast<int>(now));
      CHECK(asks(now).AsksLessThan(asks(before)) ==
            kLess[static_cast<int>(before)][static_cast<int>(now)]);
    }
  }
  TlsConfig before = asks(kRequireAndVerify);
  before.client_ca.path = "ca.pem";
  before.client_allowed_sans = {"a", "b"};
  TlsConfig now = before;
  now.client_ca.path = "other.pem";
  now.client_allowed_sans = {"c"};
  CHECK_FALSE(now.AsksLessThan(before));
  now.client_allowed_sans.clear();
  CHECK(now.AsksLessThan(before));
  CHECK_FALSE(before.AsksLessThan(now));
  now = before;
  now.client_ca = {};  // the system's
  CHECK(now.AsksLessThan(before));
  CHECK_FALSE(before.AsksLessThan(now));
}

TEST_CASE("what is no bcrypt hash is told without being shown", "[web_config]") {
  for (const std::string& wrong : {std::string("doe"), kHash + "x", "$2x" + kHash.substr(3),
                                   "$2y$03" + kHash.substr(6), "$2y$32" + kHash.substr(6)}) {
    const std::string told = Read("basic_auth_users:\n  john: " + wrong + "\n").error();
    INFO(told);
    CHECK(told.starts_with("/etc/weir/web.yml:2:9: basic_auth_users: what stands for `john`"));
    CHECK(told.find(wrong) == std::string::npos);
  }
}

TEST_CASE("a file that is not there is told", "[web_config]") {
  std::vector<std::string> warnings;
  const auto read = LoadWebConfig("/nowhere/web.yml", &warnings);
  REQUIRE_FALSE(read);
  CHECK(read.error().message == "/nowhere/web.yml: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace weir
