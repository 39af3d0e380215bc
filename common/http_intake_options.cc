#include "common/http_intake_options.h"

namespace weir {
namespace {

constexpr uint32_t kMostSeconds = 3600;

void AddPeerFlags(FlagSet* flags, HttpIntakeOptions* o) {
  flags->Add("http-host", &o->host,
             "Address on which metrics are taken over HTTP. Empty: every interface.");
  flags->Add("http-port", &o->port,
             "Port on which metrics are taken over HTTP; statsd-http-proxy's is 8825. 0: none.",
             uint16_t{0}, uint16_t{65535});
  flags->Add("http-timeout-read", &o->timeout_read,
             "Seconds in which a request must have arrived. 0: no limit.", uint32_t{0},
             kMostSeconds);
  flags->Add("http-timeout-write", &o->timeout_write,
             "Seconds in which a client must have read its answer. 0: no limit.", uint32_t{0},
             kMostSeconds);
  flags->Add("http-timeout-idle", &o->timeout_idle,
             "Seconds for which a connection waits for a next request. 0: as --http-timeout-read.",
             uint32_t{0}, kMostSeconds);
  flags->Add("tls-cert", &o->tls_cert,
             "PEM file with the certificate of the HTTP intake, and behind it those that vouch for "
             "it; with --tls-key: HTTPS. Empty: HTTP.");
  flags->Add("tls-key", &o->tls_key, "PEM file with the certificate's key.");
  flags->Add("jwt-secret", &o->jwt_secret,
             "Secret with which the JSON Web Tokens of HTTP requests are signed. Everybody who can "
             "list processes reads it here: --jwt.secret-file is better. Empty: see there.");
  flags->Add("metric-prefix", &o->metric_prefix,
             "Comes before each name that is taken over HTTP, with a dot between.");
  flags->Add("verbose", &o->verbose, "As --log.level=debug.");
}

}  // namespace

void AddHttpIntakeFlags(FlagSet* flags, HttpIntakeOptions* options) {
  flags->Group("HTTP intake");
  AddPeerFlags(flags, options);
  flags->Add("jwt.secret-file", &options->jwt_secret_file,
             "File of secrets, one a line, of which each is as good as --jwt-secret; read again "
             "when it changes and at a reload. With neither, no token is asked for.");
  flags->Add("jwt.limit-claim", &options->jwt_limit_claim,
             "Claim that every token must have: a text or a list of texts with which the names its "
             "bearer sends must begin. Empty: tokens are for all names.");
  flags->Add("http.allowed-origin", &options->allowed_origins,
             "Origin whose pages may send, such as https://shop.example; pages of others are "
             "answered 403. Empty: every origin.");
  flags->Add("http.max-body-bytes", &options->max_body_bytes,
             "Longest body of a request, also when unpacked; a longer one is answered 413.",
             uint32_t{1}, uint32_t{64} << 20);
  flags->Add(
      "http.max-connections", &options->max_connections,
      "Requests served at a time, each by a thread of its own, which costs 30 KB once it was "
      "used. Further connections wait.",
      uint32_t{2}, uint32_t{4096});
}

std::vector<std::string> HttpIntakeOptions::files() const {
  std::vector<std::string> files;
  for (const std::string& file : {jwt_secret_file, tls_cert, tls_key}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

Result<Done> Validate(const HttpIntakeOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return Error{"--tls-cert and --tls-key go together: give both for HTTPS, or neither"};
  }
  if (!options.jwt_limit_claim.empty() && !options.wants_tokens()) {
    return Error{"--jwt.limit-claim needs tokens: give --jwt-secret or --jwt.secret-file"};
  }
  for (const std::string& origin : options.allowed_origins) {
    if (origin.find("://") == origin.npos || origin.ends_with('/')) {
      return Error{"--http.allowed-origin: '" + origin +
                   "' is no origin, write it as browsers send it: https://shop.example"};
    }
  }
  return Done{};
}

}  // namespace weir
