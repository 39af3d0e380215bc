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
// Secrets and certificates are read again when their files change.
// Threads: Start, Reload and Stop on the main thread, which is the loop's; handlers run on the
// server's threads. Lifetimes: the loop outlives it; it outlives who reads its queue, who asks it
// for its connections; the judge is copied.
// Tested by tests/integration/test_http_intake.py.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth_token.h"
#include "common/file_watch.h"
#include "common/http_intake_options.h"
#include "common/http_server.h"
#include "common/intake_batch.h"
#include "common/line_queue.h"
#include "common/metric_call.h"
#include "common/replaceable.h"
#include "common/result.h"
#include "common/tls_context.h"

namespace weir {

// What it counted, as one copy.
struct HttpIntakeReport {
  std::map<int, uint64_t> requests;     // by status
  uint64_t lines_without_room = 0;      // answered 503
  uint64_t lines_not_allowed = 0;       // by their token
  uint64_t cut_connections = 0;         // for their slowness
  uint64_t remembered_tokens = 0;       // now
  uint64_t secret_reloads[2] = {0, 0};  // [succeeded], as the next
  uint64_t certificate_reloads[2] = {0, 0};
};

class HttpIntake {
 public:
  // Serves when it returns. The error names the flag. REQUIRES: options.enabled().
  // `adopted`: where its socket may be among; null: it opens one.
  static Result<std::unique_ptr<HttpIntake>> Start(const HttpIntakeOptions& options,
                                                   LineJudge judge, EventLoop& loop,
                                                   AdoptedSockets* adopted = nullptr);
  // Reads what Start would, and serves nothing.
  static Result<Done> Check(const HttpIntakeOptions& options);
  ~HttpIntake();
  HttpIntake(const HttpIntake&) = delete;
  HttpIntake& operator=(const HttpIntake&) = delete;

  // Where the lines come out.
  const std::shared_ptr<LineQueue>& queue() const { return queue_; }
  // What it is bound to.
  const std::string& address() const { return server_->address(); }

  // For a successor; see HttpServer.
  const BoundSocket& socket() const { return server_->socket(); }
  void LeaveSocket() { server_->LeaveSocket(); }

  // Has it files that can be read again?
  bool has_files() const { return !options_.files().empty(); }
  // Reads secrets and certificate again; those before stay in force when that fails.
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

  void Watch(EventLoop& loop);
  Result<TokenVerifier::Secrets> LoadSecrets() const;
  Result<std::shared_ptr<const TlsContext>> LoadTls() const;
  Result<Done> ReloadSecrets();
  Result<Done> ReloadTls();
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
  std::array<std::atomic<uint64_t>, 2> certificate_reloads_{};
  std::shared_ptr<Replaceable<TlsContext>> tls_;  // null: plain text
  std::optional<FileWatch> watch_;
  std::unique_ptr<HttpServer> server_;  // its threads use all the rest
};

}  // namespace weir
