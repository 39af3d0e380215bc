// HttpIntakeOptions: the flags of the HTTP intake, which both programs have.
//
// The names of the first group are statsd-http-proxy's, so that its command line works; its port is
// 0 here, which is off. What each flag does stands once, in http_intake_options.cc.
// Tested by tests/unit/common/http_intake_options_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/flags.h"
#include "common/result.h"

namespace weir {

struct HttpIntakeOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  uint32_t timeout_read = 1;   // seconds, as the next two; 0: no limit
  uint32_t timeout_write = 1;  // 0: no limit
  uint32_t timeout_idle = 1;   // 0: as timeout_read
  std::string tls_cert;
  std::string tls_key;
  std::string jwt_secret;
  std::string metric_prefix;
  bool verbose = false;  // of the whole program: the log level debug

  std::string jwt_secret_file;
  std::string jwt_limit_claim;
  std::vector<std::string> allowed_origins;  // empty: all
  uint32_t max_body_bytes = 1 << 20;
  uint32_t max_connections = 256;

  bool enabled() const { return port != 0; }
  bool has_tls() const { return !tls_cert.empty(); }
  // Those that are read again when they change.
  std::vector<std::string> files() const;
  bool wants_tokens() const { return !jwt_secret.empty() || !jwt_secret_file.empty(); }
};

void AddHttpIntakeFlags(FlagSet* flags, HttpIntakeOptions* options);

// What single flags cannot say for themselves.
Result<Done> Validate(const HttpIntakeOptions& options);

}  // namespace weir
