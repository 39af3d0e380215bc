// Guard: who may send lines, by what the operator says; the same flags in both programs.
//
// Threads: the loop's. Lifetimes: the loop outlives it, and runs no more when it goes; what it
// gives to listeners may outlive it, and changes when the files do. Tested by
// tests/unit/common/guard_test.cc and tests/integration/test_guard.py.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/admission.h"
#include "common/event_loop.h"
#include "common/flags.h"
#include "common/followed_files.h"
#include "common/result.h"
#include "common/socket.h"
#include "common/tls_context.h"

namespace weir {

struct GuardOptions {
  std::vector<std::string> allow;  // LISTENER=NETWORK[,NETWORK...] each; empty: everybody
  std::string tokens_file;         // empty: lines have no token
  std::optional<std::string> token_listeners;  // with commas; not given: all of them
  std::string signed_listen_udp;               // host:port of signed datagrams; empty: none
  std::string signed_keys_file;
  std::chrono::nanoseconds signed_max_skew = std::chrono::seconds(5);
  std::string tls_file;  // of the TCP listener; empty: plain text
};

// Adds the flags, bound to `options`, whose values so far are the defaults.
void AddGuardFlags(FlagSet* flags, GuardOptions* options);

class Guard {
 public:
  // Reads the files, and again when they change; then and at each Reload `on_reloaded` is told
  // whether that went well. Error: begins with the flag.
  static Result<std::unique_ptr<Guard>> Create(const GuardOptions& options, EventLoop& loop,
                                               std::function<void(bool)> on_reloaded);
  // Whether Create would succeed now.
  static Result<Done> Check(const GuardOptions& options);

  // Whom the listeners of a transport take.
  Admission For(Transport transport) const;
  // Those that flags speak of by name.
  std::set<Transport> named() const;

  bool has_files() const { return !files({}).empty(); }
  // Reads the files again. On an error, which is logged, all that was in force stays.
  Result<Done> Reload();

 private:
  explicit Guard(const GuardOptions& options) : options_(options) {}

  Result<Done> Configure();
  Result<Done> Allow(const std::string& rule);
  Result<Done> AskForTokens();
  Result<Done> AskForSignatures() const;
  // Those that flags name, and those that the TLS configuration does.
  std::vector<std::string> files(const TlsConfig& tls) const;
  Result<TlsConfig> LoadTlsConfig(std::vector<std::string>* warnings) const;
  Result<Done> Load();

  const GuardOptions options_;
  std::map<Transport, std::shared_ptr<SourceList>> sources_;
  std::set<Transport> token_listeners_;
  std::shared_ptr<Replaceable<TokenSet>> tokens_;  // null: none were loaded
  std::shared_ptr<Replaceable<KeySet>> keys_;      // the same
  std::shared_ptr<Replaceable<TlsContext>> tls_;   // the same
  TlsConfig tls_config_;                           // what tls_ was made of
  std::function<void(bool)> on_reloaded_;
  std::optional<FollowedFiles> watched_;  // nothing: this is a check only
};

}  // namespace weir
