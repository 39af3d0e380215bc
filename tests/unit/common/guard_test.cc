#include "common/guard.h"

#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/key_set.h"
#include "common/replaceable.h"
#include "common/source_list.h"
#include "common/tls_context.h"
#include "common/token_set.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

bool Takes(const Admission& admission, const std::string& host) {
  const SocketAddress address = Resolve(host, 1).value().front();
  sockaddr_in6 source{};
  std::memcpy(&source, address.data(), address.size());
  return admission.sources == nullptr || admission.sources->Contains(source);
}

constexpr Transport kAll[] = {Transport::kUdp, Transport::kTcp, Transport::kUnixgram,
                              Transport::kUnixStream};

std::string ErrorOf(const GuardOptions& options) {
  const auto good = Guard::Check(options);
  return good ? "" : good.error().message;
}

GuardOptions AllowOnly(std::vector<std::string> rules) {
  GuardOptions options;
  options.allow = std::move(rules);
  return options;
}

void Write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

struct Guarded {
  explicit Guarded(const GuardOptions& options)
      : guard(std::move(Guard::Create(options, loop, [this](bool success) {
                          reloads.push_back(success);
                        }).value())) {}

  SteadyClock clock;
  EventLoop loop{clock};
  std::vector<bool> reloads;
  std::unique_ptr<Guard> guard;
};

TEST_CASE("without flags everybody may send", "[guard]") {
  Guarded guarded({});
  for (const Transport transport : kAll) {
    CHECK(guarded.guard->For(transport).sources == nullptr);
    CHECK(guarded.guard->For(transport).tokens == nullptr);
  }
  CHECK(guarded.guard->Reload());
  CHECK(guarded.reloads.empty());
}

TEST_CASE("each listener has its own networks, those of all its flags", "[guard]") {
  Guarded guarded(AllowOnly({"udp=10.0.0.0/8,::1", "tcp=192.0.2.0/24", "udp=192.0.2.7"}));
  const auto& guard = guarded.guard;
  const Admission udp = guard->For(Transport::kUdp), tcp = guard->For(Transport::kTcp);
  CHECK(Takes(udp, "10.1.2.3"));
  CHECK(Takes(udp, "::1"));
  CHECK(Takes(udp, "192.0.2.7"));
  CHECK_FALSE(Takes(udp, "192.0.2.8"));
  CHECK(Takes(tcp, "192.0.2.8"));
  CHECK_FALSE(Takes(tcp, "10.1.2.3"));
  CHECK(guard->For(Transport::kUnixgram).sources == nullptr);
}

TEST_CASE("a rule that is wrong is said with its flag", "[guard]") {
  CHECK(ErrorOf(AllowOnly({"udp=10.0.0.0/33"})).starts_with("--auth.allow: '10.0.0.0/33' is no"));
  for (const char* rule : {"10.0.0.0/8", "unix=10.0.0.0/8", "=::1", "", "udp", "UDP=::1"}) {
    INFO(rule);
    CHECK(ErrorOf(AllowOnly({rule}))
              .starts_with("--auth.allow: '" + std::string(rule) +
                           "' does not say for which listener"));
  }
}

GuardOptions Tokens(const std::string& file, std::optional<std::string> listeners = {}) {
  GuardOptions options;
  options.tokens_file = file;
  options.token_listeners = std::move(listeners);
  return options;
}

TEST_CASE("tokens are for every listener, or for those that are named", "[guard]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "tokens";
  Write(file, "abc\n");
  Guarded all(Tokens(file)), some(Tokens(file, "udp,unix")), stream(Tokens(file, "unix-stream"));
  for (const Transport transport : kAll) {
    CHECK(all.guard->For(transport).tokens != nullptr);
    const bool is_stream = transport == Transport::kUnixStream;
    CHECK((some.guard->For(transport).tokens != nullptr) ==
          (is_stream || transport == Transport::kUdp));
    CHECK((stream.guard->For(transport).tokens != nullptr) == is_stream);
  }
}

TEST_CASE("tokens are read again when their file changes, and stay when it is bad", "[guard]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "tokens";
  Write(file, "abc\n");
  Guarded guarded(Tokens(file));
  const Admission admission = guarded.guard->For(Transport::kUdp);
  Replaceable<TokenSet>::Reader tokens(*admission.tokens);
  CHECK(tokens.Get().Contains("abc"));
  Write(file, "new\n");
  REQUIRE(RunUntil(guarded.loop, [&] { return tokens.Get().Contains("new"); }));
  CHECK_FALSE(tokens.Get().Contains("abc"));
  CHECK(guarded.reloads == std::vector<bool>{true});

  Write(file, "with.dot\n");
  REQUIRE(RunUntil(guarded.loop, [&] { return guarded.reloads.size() == 2; }));
  CHECK_FALSE(guarded.reloads.back());
  CHECK(tokens.Get().Contains("new"));
  const auto done = guarded.guard->Reload();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.starts_with("--auth.tokens-file: " + file + ":1:1: a token with"));
}

TEST_CASE("flags about tokens that are wrong are said", "[guard]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "tokens";
  CHECK(ErrorOf(Tokens(file)).starts_with("--auth.tokens-file: " + file + ": cannot be read"));
  Write(file, "abc\n");
  CHECK(ErrorOf(Tokens(file)).empty());
  CHECK(ErrorOf(Tokens("", "udp")).starts_with("--auth.listeners: goes with --auth.tokens-file"));
  for (const char* names : {"", "udp,", "http", "udp tcp"}) {
    INFO(names);
    CHECK(ErrorOf(Tokens(file, names)).find("is no listener with tokens") != std::string::npos);
  }
}

TEST_CASE("keys are for the signed port only, and are read again", "[guard]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "keys";
  Write(file, "one\n");
  GuardOptions options;
  options.signed_listen_udp = "127.0.0.1:0";
  options.signed_keys_file = file;
  options.signed_max_skew = std::chrono::seconds(3);
  Guarded guarded(options);
  for (const Transport transport : kAll) CHECK(guarded.guard->For(transport).keys == nullptr);
  const Admission admission = guarded.guard->For(Transport::kSignedUdp);
  CHECK(admission.max_skew == std::chrono::seconds(3));
  REQUIRE(admission.keys != nullptr);
  Replaceable<KeySet>::Reader keys(*admission.keys);
  CHECK(keys.Get().keys() == std::vector<std::string>{"one"});
  Write(file, "one\ntwo\n");
  REQUIRE(RunUntil(guarded.loop, [&] { return keys.Get().keys().size() == 2; }));
}

TEST_CASE("TLS is for the TCP port only, and its certificate is read again", "[guard]") {
  const TemporaryDirectory directory;
  const TlsConfig one = MakeCertificate(directory.path, "one");
  const TlsConfig two = MakeCertificate(directory.path, "two");
  GuardOptions options;
  options.tls_file = directory / "tls.yml";
  Write(options.tls_file, "tls_server_config: {cert_file: one.pem, key_file: one.key}\n");
  Guarded guarded(options);
  for (const Transport transport : kAll) {
    CHECK((guarded.guard->For(transport).tls != nullptr) == (transport == Transport::kTcp));
  }
  Replaceable<TlsContext>::Reader tls(*guarded.guard->For(Transport::kTcp).tls);
  const TlsContext* const first = &tls.Get();
  Write(one.certificate.path, TextOfFile(two.certificate.path));
  Write(one.key.path, TextOfFile(two.key.path));
  REQUIRE(RunUntil(guarded.loop, [&] { return &tls.Get() != first; }));

  Write(options.tls_file, "tls_server_config: {cert_file: two.pem, key_file: two.key}\n");
  REQUIRE(guarded.guard->Reload());
  const size_t before = guarded.reloads.size();
  // From here on the files that it names now are watched, those of before no longer.
  REQUIRE(RunUntil(guarded.loop, [&] { return guarded.reloads.size() > before; }));
  Write(two.key.path, "");
  REQUIRE(RunUntil(guarded.loop, [&] { return !guarded.reloads.back(); }));
  const auto done = guarded.guard->Reload();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.starts_with("--auth.tls.config-file: " + two.key.path + ": holds no"));
}

TEST_CASE("a reload asks no less of clients' certificates than before", "[guard]") {
  const TemporaryDirectory directory;
  MakeCertificate(directory.path, "one");
  const std::string half = "tls_server_config:\n  cert_file: one.pem\n  key_file: one.key\n";
  const std::string whole =
      half + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: one.pem\n";
  GuardOptions options;
  options.tls_file = directory / "tls.yml";
  Write(options.tls_file, half);
  Guarded guarded(options);
  Replaceable<TlsContext>::Reader tls(*guarded.guard->For(Transport::kTcp).tls);
  Write(options.tls_file, whole);
  REQUIRE(guarded.guard->Reload());
  const TlsContext* const asking = &tls.Get();
  Write(options.tls_file, half);
  for (int i = 0; i < 2; ++i) {
    const auto done = guarded.guard->Reload();
    REQUIRE_FALSE(done);
    CHECK(done.error().message ==
          "--auth.tls.config-file: " + options.tls_file +
              ": asks less of clients' certificates, which needs a restart");
    CHECK(&tls.Get() == asking);
  }
}

TEST_CASE("a file for TLS without a certificate is said", "[guard]") {
  const TemporaryDirectory directory;
  GuardOptions options;
  options.tls_file = directory / "tls.yml";
  CHECK(
      ErrorOf(options).starts_with("--auth.tls.config-file: " + options.tls_file + ": cannot be"));
  Write(options.tls_file, "basic_auth_users: {}\n");
  CHECK(ErrorOf(options).starts_with("--auth.tls.config-file: " + options.tls_file +
                                     ":1:1: has no certificate"));
}

TEST_CASE("a bad file leaves what the other one says in force too", "[guard]") {
  const TemporaryDirectory directory;
  GuardOptions options = Tokens(directory / "tokens");
  Write(options.tokens_file, "abc\n");
  options.signed_listen_udp = "127.0.0.1:0";
  options.signed_keys_file = directory / "keys";
  Write(options.signed_keys_file, "one\n");
  Guarded guarded(options);
  const Admission admission = guarded.guard->For(Transport::kUdp);
  Replaceable<TokenSet>::Reader tokens(*admission.tokens);
  Write(options.tokens_file, "new\n");
  Write(options.signed_keys_file, "");
  const auto done = guarded.guard->Reload();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.starts_with("--auth.signed.keys-file: "));
  CHECK(tokens.Get().Contains("abc"));
}

TEST_CASE("flags about signed datagrams that are wrong are said", "[guard]") {
  GuardOptions options;
  options.signed_listen_udp = ":1";
  CHECK(ErrorOf(options).find("go together") != std::string::npos);
  options.signed_keys_file = "/nowhere";
  CHECK(ErrorOf(options).starts_with("--auth.signed.keys-file: /nowhere: cannot be read"));
  for (const auto skew : {std::chrono::milliseconds(0), std::chrono::milliseconds(1500),
                          std::chrono::milliseconds(-1000), std::chrono::milliseconds(301'000)}) {
    options.signed_max_skew = skew;
    CHECK(ErrorOf(options).starts_with("--auth.signed.max-skew: must be whole seconds"));
  }
}

}  // namespace
}  // namespace weir
