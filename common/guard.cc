#include "common/guard.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/key_set.h"
#include "common/log.h"
#include "common/replaceable.h"
#include "common/source_list.h"
#include "common/token_set.h"
#include "common/web_config.h"

namespace weir {
namespace {

constexpr std::string_view kAllowFlag = "--auth.allow";
constexpr std::string_view kTokensFlag = "--auth.tokens-file";
constexpr std::string_view kListenersFlag = "--auth.listeners";
constexpr std::string_view kSignedListenFlag = "--auth.signed.listen-udp";
constexpr std::string_view kKeysFlag = "--auth.signed.keys-file";
constexpr std::string_view kSkewFlag = "--auth.signed.max-skew";
constexpr std::string_view kTlsFlag = "--auth.tls.config-file";

// What is taken is remembered for twice as long.
constexpr std::chrono::seconds kMostSkew(300);

constexpr Transport kTokenListeners[] = {Transport::kUdp, Transport::kTcp, Transport::kUnixgram,
                                         Transport::kUnixStream};

Error About(std::string_view flag, const Error& error) {
  return {std::string(flag) + ": " + error.message};
}

std::optional<Transport> TokenListenerOf(std::string_view name) {
  if (name == "unix-stream") return Transport::kUnixStream;
  for (const Transport transport : kTokenListeners) {
    if (name == Name(transport)) return transport;
  }
  return std::nullopt;
}

// Puts what was loaded where listeners look.
template <class T>
void Put(std::shared_ptr<const T> loaded, std::shared_ptr<Replaceable<T>>* into) {
  if (*into == nullptr) {
    *into = std::make_shared<Replaceable<T>>(std::move(loaded));
  } else {
    (*into)->Replace(std::move(loaded));
  }
}

}  // namespace

void AddGuardFlags(FlagSet* flags, GuardOptions* options) {
  flags->Group("Who may send");
  flags->Add(
      "auth.allow", &options->allow,
      "Networks from which a listener takes datagrams or connections, as "
      "udp=10.0.0.0/8,2001:db8::/32, tcp=192.0.2.7 or signed-udp=::1. More may follow, for the "
      "same listener too. Without it: from everywhere.");
  flags->Add("auth.tokens-file", &options->tokens_file,
             "File of tokens, one a line. Lines must then begin with one of them and a dot, which "
             "are taken away. Read again by SIGHUP and when it changes. Empty: none.");
  flags->Add("auth.listeners", &options->token_listeners,
             "Listeners whose lines must have a token, of udp, tcp, unixgram and unix, with commas "
             "between. Without it: all of these.");
  flags->Add(
      "auth.signed.listen-udp", &options->signed_listen_udp,
      "UDP address on which to receive signed datagrams, as brubeck's secure statsd. Each is "
      "taken once. Empty: none.");
  flags->Add("auth.signed.keys-file", &options->signed_keys_file,
             "File of the keys they may be signed with, one a line, 16 at the most. Read again by "
             "SIGHUP and when it changes.");
  flags->Add("auth.signed.max-skew", &options->signed_max_skew,
             "How far the time in a signed datagram may be from now, before or after, in whole "
             "seconds up to 5m.");
  flags->Add(
      "auth.tls.config-file", &options->tls_file,
      "File with a section tls_server_config, in the form of --web.config.file, by which the "
      "TCP listener speaks TLS, and nothing else. Read again by SIGHUP and when it or a file "
      "it names changes. Empty: plain text.");
}

Result<std::unique_ptr<Guard>> Guard::Create(const GuardOptions& options, EventLoop& loop,
                                             std::function<void(bool)> on_reloaded) {
  std::unique_ptr<Guard> guard(new Guard(options));
  guard->on_reloaded_ = std::move(on_reloaded);
  if (guard->has_files()) {
    std::vector<std::string> said_later;
    const auto tls = guard->LoadTlsConfig(&said_later);
    if (!tls) return About(kTlsFlag, tls.error());
    guard->watched_.emplace(loop, "who may send", [guard = guard.get()] {
      [[maybe_unused]] const auto done = guard->Reload();
    });
    // Before the files are read, and that one again: what changes from here on is seen.
    guard->watched_->Watch(guard->files(*tls));
  }
  if (const auto done = guard->Configure(); !done) return done.error();
  return guard;
}

Result<Done> Guard::Check(const GuardOptions& options) { return Guard(options).Configure(); }

Result<Done> Guard::Configure() {
  for (const std::string& rule : options_.allow) {
    if (const auto done = Allow(rule); !done) return About(kAllowFlag, done.error());
  }
  if (const auto done = AskForTokens(); !done) return About(kListenersFlag, done.error());
  if (const auto done = AskForSignatures(); !done) return done.error();
  return Load();
}

Result<Done> Guard::Allow(const std::string& rule) {
  const size_t equals = rule.find('=');
  const std::string_view name = std::string_view(rule).substr(0, equals);
  for (const Transport transport : {Transport::kUdp, Transport::kTcp, Transport::kSignedUdp}) {
    if (equals == rule.npos || name != Name(transport)) continue;
    std::shared_ptr<SourceList>& sources = sources_[transport];
    if (sources == nullptr) sources = std::make_shared<SourceList>();
    return sources->Add(std::string_view(rule).substr(equals + 1));
  }
  return Error{
      "'" + rule +
      "' does not say for which listener, begin with udp=, tcp= or signed-udp= (who may use a unix "
      "socket is said by its file's permissions)"};
}

Result<Done> Guard::AskForTokens() {
  if (options_.tokens_file.empty()) {
    if (!options_.token_listeners) return Done{};
    return Error{"goes with " + std::string(kTokensFlag) + ", which says the tokens"};
  }
  if (!options_.token_listeners) {
    token_listeners_.insert(std::begin(kTokenListeners), std::end(kTokenListeners));
    return Done{};
  }
  const std::string_view names = *options_.token_listeners;
  for (size_t begin = 0; begin <= names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    const std::string_view name = names.substr(begin, end - begin);
    const auto transport = TokenListenerOf(name);
    if (!transport) {
      return Error{"'" + std::string(name) +
                   "' is no listener with tokens, choose of udp, tcp, unixgram and unix"};
    }
    token_listeners_.insert(*transport);
    begin = end + 1;
  }
  return Done{};
}

Result<Done> Guard::AskForSignatures() const {
  if (options_.signed_listen_udp.empty() != options_.signed_keys_file.empty()) {
    return Error{std::string(kSignedListenFlag) + " and " + std::string(kKeysFlag) +
                 " go together: where signed datagrams come in, and with which keys"};
  }
  const std::chrono::nanoseconds skew = options_.signed_max_skew;
  if (skew % std::chrono::seconds(1) != skew.zero() || skew < std::chrono::seconds(1) ||
      skew > kMostSkew) {
    return Error{std::string(kSkewFlag) + ": must be whole seconds, from 1s to 5m"};
  }
  return Done{};
}

std::vector<std::string> Guard::files(const TlsConfig& tls) const {
  std::vector<std::string> files;
  for (const std::string& file :
       {options_.tokens_file, options_.signed_keys_file, options_.tls_file}) {
    if (!file.empty()) files.push_back(file);
  }
  for (std::string& file : tls.files()) files.push_back(std::move(file));
  return files;
}

// An empty one without the flag.
Result<TlsConfig> Guard::LoadTlsConfig(std::vector<std::string>* warnings) const {
  if (options_.tls_file.empty()) return TlsConfig{};
  auto config = LoadWebConfig(options_.tls_file, warnings);
  if (!config) return config.error();
  if (config->tls) return std::move(*config->tls);
  return Error{options_.tls_file +
               ":1:1: has no certificate; add a section tls_server_config with "
               "cert_file and key_file"};
}

// Nothing changes unless all files are good.
Result<Done> Guard::Load() {
  Result<std::shared_ptr<const TokenSet>> tokens = std::shared_ptr<const TokenSet>();
  Result<std::shared_ptr<const KeySet>> keys = std::shared_ptr<const KeySet>();
  Result<std::shared_ptr<const TlsContext>> tls = std::shared_ptr<const TlsContext>();
  std::vector<std::string> warnings;
  auto tls_config = LoadTlsConfig(&warnings);
  for (const std::string& warning : warnings) LogWarn("TLS", {{"warning", warning}});
  // Whether they are good or not: those that are missing may come.
  if (watched_ && tls_config) watched_->Follow(files(*tls_config));
  if (!options_.tls_file.empty()) {
    tls = tls_config ? TlsContext::Load(*tls_config) : tls_config.error();
  }
  if (!tls) return About(kTlsFlag, tls.error());
  if (tls_ != nullptr && tls_config->AsksLessThan(tls_config_)) {
    return About(kTlsFlag, {options_.tls_file +
                            ": asks less of clients' certificates, which needs a restart"});
  }
  if (!options_.tokens_file.empty()) tokens = TokenSet::Load(options_.tokens_file);
  if (!tokens) return About(kTokensFlag, tokens.error());
  if (!options_.signed_keys_file.empty()) keys = KeySet::Load(options_.signed_keys_file);
  if (!keys) return About(kKeysFlag, keys.error());
  if (*tokens != nullptr) {
    LogInfo("Loaded the tokens", {{"tokens", (*tokens)->size()}});
    Put(std::move(*tokens), &tokens_);
  }
  if (*keys != nullptr) {
    LogInfo("Loaded the keys", {{"keys", (*keys)->keys().size()}});
    Put(std::move(*keys), &keys_);
  }
  if (*tls != nullptr) {
    LogInfo("Loaded the certificate", {{"not_after", (*tls)->not_after()}});
    Put(std::move(*tls), &tls_);
    tls_config_ = std::move(*tls_config);
  }
  return Done{};
}

Result<Done> Guard::Reload() {
  if (!has_files()) return Done{};
  const Result<Done> done = Load();
  on_reloaded_(done.has_value());
  if (!done) {
    LogError("What says who may send was not loaded, the old stays in force",
             {{"error", done.error().message}});
  }
  return done;
}

std::set<Transport> Guard::named() const {
  std::set<Transport> named;
  for (const auto& [transport, sources] : sources_) named.insert(transport);
  if (options_.token_listeners) named.insert(token_listeners_.begin(), token_listeners_.end());
  return named;
}

Admission Guard::For(Transport transport) const {
  Admission admission;
  if (const auto found = sources_.find(transport); found != sources_.end()) {
    admission.sources = found->second;
  }
  if (token_listeners_.contains(transport)) admission.tokens = tokens_;
  if (transport == Transport::kTcp) admission.tls = tls_;
  if (transport == Transport::kSignedUdp) {
    admission.keys = keys_;
    admission.max_skew = std::chrono::duration_cast<std::chrono::seconds>(options_.signed_max_skew);
  }
  return admission;
}

}  // namespace weir
