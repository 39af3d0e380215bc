#include "exporter/web.h"

#include <chrono>
#include <optional>
#include <utility>

#include "common/gzip.h"
#include "common/log.h"
#include "common/version.h"
#include "exporter/negotiation.h"
#include "exporter/scrape.h"
#include "exporter/top.h"
#include "exporter/top_page.h"

namespace weir {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

// Of scrapes at the same time; one more is answered 503.
constexpr int kMostScrapes = 4;
// One, and one whose client has its answer and may ask again.
constexpr int kMostTops = 2;

bool IsChange(const HttpRequest& request) {
  return request.method() == "POST" || request.method() == "PUT";
}

}  // namespace

Web::Web(const WebOptions& options, WebHooks hooks, std::vector<Shard*> shards,
         SelfMetrics* self_metrics, const SeriesBudget* budget)
    : options_(options),
      hooks_(std::move(hooks)),
      shards_(std::move(shards)),
      self_metrics_(self_metrics),
      budget_(budget) {}

void Web::SetThreads(HttpServerOptions* options) {
  options->threads = options->max_idle_connections + kMostScrapes + kMostTops + 1;
}

std::vector<HttpRoute> Web::Routes() {
  const auto to = [this](void (Web::*page)(HttpRequest&, HttpResponse&)) -> HttpHandler {
    return [this, page](HttpRequest& request, HttpResponse& response) {
      (this->*page)(request, response);
    };
  };
  const HttpHandler healthy = [this](HttpRequest& request, HttpResponse& response) {
    State(request, response, hooks_.healthy(), "Healthy");
  };
  const HttpHandler ready = [this](HttpRequest& request, HttpResponse& response) {
    State(request, response, hooks_.ready(), "Ready");
  };
  std::vector<HttpRoute> routes = {
      {options_.telemetry_path, LimitConcurrency(kMostScrapes, to(&Web::Metrics))},
      {"/-/healthy", healthy},
      {"/health", healthy},
      {"/-/ready", ready},
      {"/api/v1/top", LimitConcurrency(kMostTops, to(&Web::Top))},
  };
  if (options_.telemetry_path != "/") routes.push_back({"/", to(&Web::Landing)});
  if (options_.enable_lifecycle) {
    routes.push_back({"/-/reload", to(&Web::Reload)});
    routes.push_back({"/-/quit", to(&Web::Quit)});
  }
  return routes;
}

void Web::Metrics(HttpRequest& request, HttpResponse& response) {
  self_metrics_->BeginScrape();
  const Negotiated negotiated =
      Negotiate(request.Header("Accept").value_or(""),
                request.Header("Accept-Encoding").value_or(""), options_.enable_openmetrics);
  const ScrapeLimits limits;
  const auto reports = CollectReports(shards_, limits.patience);
  const auto own = self_metrics_->Collect(reports);

  HttpHeaders headers = {{"Content-Type", negotiated.content_type}};
  if (negotiated.gzip) headers.push_back({"Content-Encoding", "gzip"});
  response.Start(200, headers);
  GzipStream gzip;
  std::string packed;
  const auto write = [&](std::string_view piece) {
    if (!negotiated.gzip) return response.Write(piece);
    packed.clear();
    gzip.Write(piece, &packed);
    return packed.empty() || response.Write(packed);
  };
  const ScrapeEnd end = WritePage(shards_, own, negotiated.format, limits, write, hooks_.settle);
  if (end == ScrapeEnd::kWhole) {
    if (negotiated.gzip) {
      packed.clear();
      gzip.Finish(&packed);
      response.Write(packed);
    }
    response.Finish();
  }
  // Otherwise the answer is cut off here: it began with 200, so that is how a reader learns of it.
  if (end == ScrapeEnd::kShardStuck) LogError("A shard did not answer a scrape in time");
  self_metrics_->EndScrape(end == ScrapeEnd::kShardStuck ? 503 : 200);
}

void Web::Top(HttpRequest& request, HttpResponse& response) {
  constexpr std::string_view kJson = "application/json";
  const std::optional<size_t> rows = ReadTopRows(request.query());
  if (!rows) return response.Send(400, kJson, TopError("limit is a whole number from 1 to 1000"));
  const auto top = CollectTop(shards_, *rows, ScrapeLimits().patience);
  if (!top) return response.Send(503, kJson, TopError("a shard did not answer in time"));
  response.Send(200, kJson, TopPage(*top, budget_));
}

void Web::Landing(HttpRequest&, HttpResponse& response) {
  const std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
      "<title>weir-exporter</title></head>\n<body>\n<h1>weir-exporter</h1>\n"
      "<p>Receives StatsD, serves Prometheus. Version " +
      std::string(kVersion) + " (" + kRevision + ").</p>\n<ul>\n<li><a href=\"" +
      options_.telemetry_path +
      "\">Metrics</a></li>\n<li><a href=\"/api/v1/top\">Largest families</a></li>\n"
      "<li><a href=\"/-/healthy\">Healthy</a></li>\n"
      "<li><a href=\"/-/ready\">Ready</a></li>\n</ul>\n</body>\n</html>\n";
  response.Send(200, "text/html; charset=UTF-8", page);
}

void Web::State(HttpRequest& request, HttpResponse& response, bool good, std::string_view text) {
  const std::string state(text);
  if (!good) return response.Send(503, kText, "Statsd Exporter is not " + state + ".\n");
  // Other methods get an empty 200, as the peer answers them.
  const bool tells = request.method() == "GET" || request.method() == "HEAD";
  response.Send(200, kText, tells ? "Statsd Exporter is " + state + ".\n" : "");
}

void Web::Reload(HttpRequest& request, HttpResponse& response) {
  if (!IsChange(request)) return response.Send(200, kText, "");
  const Result<Done> done = hooks_.reload();
  if (!done) return response.Send(500, kText, done.error().message + "\n");
  response.Send(200, kText, "Requesting reload");
}

void Web::Quit(HttpRequest& request, HttpResponse& response) {
  if (!IsChange(request)) return response.Send(200, kText, "");
  response.Send(200, kText, "Requesting termination... Goodbye!");
  hooks_.quit();
}

}  // namespace weir
