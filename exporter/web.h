// Web: the pages of weir-exporter and who answers them.
//
//   <telemetry path>   the metrics                       /-/healthy, /health   200 or 503
//   /                  a landing page                    /-/ready              200 or 503
//   /api/v1/top        which families have most series, most samples, are new (exporter/top.h)
//   /-/reload, /-/quit with --web.enable-lifecycle, by POST or PUT
//
// The landing page leads to the others. Threads: the handlers run on the web server's threads.
// Lifetimes: what the hooks capture, the shards and the metrics outlive the server the routes are
// given to. Tested by tests/integration/test_web.py.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_server.h"
#include "common/result.h"
#include "exporter/self_metrics.h"
#include "exporter/shard.h"

namespace weir {

struct WebOptions {
  std::string telemetry_path = "/metrics";
  bool enable_lifecycle = false;
  bool enable_openmetrics = false;
};

// What the pages ask of the program. Each may be called on any thread.
struct WebHooks {
  std::function<bool()> healthy;
  std::function<bool()> ready;
  std::function<Result<Done>()> reload;
  std::function<void()> quit;
  // Before a page's last piece is sent; may be empty.
  std::function<void()> settle;
};

class Web {
 public:
  Web(const WebOptions& options, WebHooks hooks, std::vector<Shard*> shards,
      SelfMetrics* self_metrics, const SeriesBudget* budget);

  // As many as the routes that may be slow, and idle connections, can hold, and one, so that health
  // always finds one that is free.
  static void SetThreads(HttpServerOptions* options);
  std::vector<HttpRoute> Routes();

 private:
  void Metrics(HttpRequest& request, HttpResponse& response);
  void Top(HttpRequest& request, HttpResponse& response);
  void Landing(HttpRequest& request, HttpResponse& response);
  static void State(HttpRequest& request, HttpResponse& response, bool good, std::string_view text);
  void Reload(HttpRequest& request, HttpResponse& response);
  void Quit(HttpRequest& request, HttpResponse& response);

  const WebOptions options_;
  const WebHooks hooks_;
  const std::vector<Shard*> shards_;
  SelfMetrics* const self_metrics_;
  const SeriesBudget* const budget_;  // null: no limits
};

}  // namespace weir
