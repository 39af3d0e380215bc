// WebGate: who may ask a web port and how, as --web.config.file says, now.
//
// The file and those it names are read again when they change, and by Reload. A request goes by the
// configuration that is in force when it arrives, a connection by the certificate that is in force
// at its handshake. What is bad changes nothing; nor can a reload begin or end TLS on a port, or
// ask for less: no users any more, or less of clients' certificates.
//
// Threads: the loop's, but for Admit, which the web server calls on its own.
// Lifetimes: the loop outlives it, and runs no more when it goes; it outlives the server that it
// protects.
// Tested by tests/unit/common/web_gate_test.cc and tests/integration/test_web_config.py.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/basic_auth.h"
#include "common/event_loop.h"
#include "common/flags.h"
#include "common/followed_files.h"
#include "common/http_server.h"
#include "common/replaceable.h"
#include "common/result.h"
#include "common/token_bucket.h"
#include "common/web_config.h"

namespace weir {

// Adds --web.config.file, bound to `path`.
void AddWebConfigFlag(FlagSet* flags, std::string* path);

class WebGate {
 public:
  // An empty path: everybody may ask, in plain text. At each reload `on_reloaded` is told whether
  // it went well. Error: begins with the flag.
  static Result<std::unique_ptr<WebGate>> Create(const std::string& path, EventLoop& loop,
                                                 std::function<void(bool)> on_reloaded);
  // Whether Create would succeed now; warnings are appended.
  static Result<Done> Check(const std::string& path, std::vector<std::string>* warnings);

  // Puts it before the server that `options` are for.
  void Protect(HttpServerOptions* options);

  bool has_file() const { return !path_.empty(); }
  bool has_tls() const { return tls_ != nullptr; }
  // Reads the files again. On an error, which is logged, all that was in force stays.
  Result<Done> Reload();

 private:
  struct Loaded {
    std::shared_ptr<const WebConfig> config;
    std::shared_ptr<const TlsContext> tls;  // null: plain text
  };

  WebGate(std::string path, EventLoop& loop, std::function<void(bool)> on_reloaded);

  // With the files that it names.
  static Result<Loaded> Load(Result<WebConfig> config);
  Result<Done> Apply(Loaded loaded);
  // The file, and those that this configuration names.
  std::vector<std::string> FilesOf(const WebConfig& config) const;
  // False: it was answered.
  bool Admit(HttpRequest& request, HttpResponse& response);
  bool HasRoom(const WebConfig& config);

  const std::string path_;
  const std::function<void(bool)> on_reloaded_;
  FollowedFiles files_;
  Replaceable<WebConfig> config_;
  std::shared_ptr<Replaceable<TlsContext>> tls_;  // null: plain text
  // Only with a file: OpenSSL, which it begins, takes 1.7 MB.
  std::optional<BasicAuth> auth_;
  std::mutex rate_mutex_;
  TokenBucket rate_;  // guarded by rate_mutex_
};

}  // namespace weir
