// HttpIntake: metrics over HTTP, from browsers and from whoever has no UDP.
//
// A drop-in for statsd-http-proxy (its routes, statuses, headers, tokens and limits; source of the
// facts: docs/http-intake.md), and POST /batch for raw lines. A request becomes StatsD lines, which
// are judged here, so that the answer is true, and go through a LineQueue to one loop of the
// program, as the lines of any other listener.
//
// It has an HttpServer of its own: however many clients hold its threads, the pages for operators
// have others. Memory is bounded by max_connections small bodies, kLargeBodies bytes of large ones,
// and the queue. Slow clients are cut after timeout_idle + timeout_read without an answer.
//
// Threads: Start, Reload and Stop on the main thread; handlers run on the server's threads.
// Lifetimes: it outlives who reads its queue, who asks it for its connections; the judge is copied.
// Tested by tests/integration/test_http_intake.py.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/auth_token.h"
#include "common/http_intake_options.h"
#include "common/http_server.h"
#include "common/intake_batch.h"
#include "common/line_queue.h"
#include "common/metric_call.h"
#include "common/result.h"

namespace weir {

// What it counted, as one copy.
struct HttpIntakeReport {
  std::map<int, uint64_t> requests;     // by status
  uint64_t lines_without_room = 0;      // answered 503
  uint64_t lines_not_allowed = 0;       // by their token
  uint64_t cut_connections = 0;         // for their slowness
  uint64_t remembered_tokens = 0;       // now
  uint64_t secret_reloads[2] = {0, 0};  // [succeeded]
};

class HttpIntake {
 public:
  // Serves when it returns. The error names the flag. REQUIRES: options.enabled().
  static Result<std::unique_ptr<HttpIntake>> Start(const HttpIntakeOptions& options,
                                                   LineJudge judge);
  ~HttpIntake();
  HttpIntake(const HttpIntake&) = delete;
  HttpIntake& operator=(const HttpIntake&) = delete;

  // Where the lines come out.
  const std::shared_ptr<LineQueue>& queue() const { return queue_; }
  // What it is bound to.
  const std::string& address() const { return server_->address(); }

  // Reads the secrets anew; those before stay in force when that fails.
  Result<Done> Reload();
  // Ends the running requests. What they gave stays in the queue.
  void Stop() { server_->Stop(); }
  // Any thread.
  HttpIntakeReport Report() const;

 private:
  class Exchange;

  // Bodies of more than this count against kLargeBodies.
  static constexpr size_t kSmallBody = size_t{16} << 10;
  static constexpr int64_t kLargeBodies = int64_t{64} << 20;

  HttpIntake(const HttpIntakeOptions& options, LineJudge judge);

  Result<TokenVerifier::Secrets> LoadSecrets() const;
  void Handle(HttpRequest& request, HttpResponse& response);
  void Serve(Exchange& exchange);
  void TakeMetric(Exchange& exchange, std::string_view type, std::string_view key);
  void TakeBatch(Exchange& exchange);
  void AnswerOptions(Exchange& exchange, std::string_view allow);
  // False: it was answered. `grant` stays null where no token is asked for.
  bool Authorize(Exchange& exchange, std::shared_ptr<const TokenGrant>* grant);
  bool ReadBody(Exchange& exchange, std::string* body);
  bool Unpack(Exchange& exchange, std::string* body);
  bool ReadFields(Exchange& exchange, CallType type, BodyForm* form, MetricFields* fields);
  // False: there is no room, which was answered.
  bool Queue(Exchange& exchange, std::string_view lines, size_t count);
  bool IsAllowedOrigin(std::string_view origin) const;

  const HttpIntakeOptions options_;
  const std::string prefix_;  // with its dot
  const LineJudge judge_;
  const std::shared_ptr<LineQueue> queue_;
  TokenVerifier tokens_;
  std::atomic<int64_t> large_bodies_{0};
  std::array<std::atomic<uint64_t>, 600> requests_{};  // by status
  std::atomic<uint64_t> lines_without_room_{0};
  std::atomic<uint64_t> lines_not_allowed_{0};
  std::array<std::atomic<uint64_t>, 2> secret_reloads_{};
  std::unique_ptr<HttpServer> server_;  // its threads use all the rest
};

}  // namespace weir
