// Web: the pages of weir-router and who answers them.
//
//   /           the status page: downstreams, their state and counters, the fingerprint
//   /metrics    our metrics, as text
//   /-/healthy  200 or 503; POST or PUT with ?state=down or ?state=up sets it, so that a load
//               balancer sends elsewhere
//   /-/ready    200 or 503
//   /-/reload   by POST or PUT: reads the configuration again, 500 with the reason when it is bad
//   /api/v1/drain, /api/v1/undrain  by POST or PUT with ?node=LABEL; 404 when there is none
// Another method is answered 405, another query 400, and 503 what the router did not answer in
// time. Pages that wait for the router leave threads free, so that health always finds one: three
// scrapes and two of the others run at a time, more are answered 503.
//
// Threads: the handlers run on the web server's threads. Lifetimes: what the hooks capture, the
// health and the metrics outlive the server the routes are given to, and so does this.
// Tested by tests/unit/router/web_test.cc and tests/integration/test_router_web.py.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http_server.h"
#include "common/result.h"
#include "common/service_health.h"
#include "router/router_report.h"
#include "router/self_metrics.h"

namespace weir {

// What the pages ask of the program. Each may be called on any thread.
struct WebHooks {
  std::function<std::optional<RouterReport>()> report;  // nothing: it did not answer in time
  std::function<bool()> ready;
  std::function<Result<Done>()> reload;
  // Error: no such node, or no answer in time.
  std::function<Result<Done>(const std::string& label, bool drained)> drain;
};

class Web {
 public:
  Web(WebHooks hooks, ServiceHealth& health, SelfMetrics* self_metrics);

  std::vector<HttpRoute> Routes();

 private:
  void Metrics(HttpRequest& request, HttpResponse& response);
  void Status(HttpRequest& request, HttpResponse& response);
  void Healthy(HttpRequest& request, HttpResponse& response);
  void Ready(HttpRequest& request, HttpResponse& response);
  void Reload(HttpRequest& request, HttpResponse& response);
  void Drain(HttpRequest& request, HttpResponse& response, bool drained);
  bool Knows(std::string_view label) const;

  const WebHooks hooks_;
  ServiceHealth& health_;
  SelfMetrics* const self_metrics_;
};

}  // namespace weir
