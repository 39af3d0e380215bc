#include "router/web.h"

#include <algorithm>
#include <utility>

#include "common/gzip.h"
#include "common/log.h"
#include "common/url_query.h"
#include "router/status_page.h"

namespace weir {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kNoAnswer = "The router did not answer in time.\n";

// Of the server's eight threads, two may be held by idle connections.
constexpr int kMostScrapes = 3;
constexpr int kMostOthers = 2;

bool IsRead(const HttpRequest& request) {
  return request.method() == "GET" || request.method() == "HEAD";
}

bool IsChange(const HttpRequest& request) {
  return request.method() == "POST" || request.method() == "PUT";
}

void RefuseMethod(HttpResponse& response, std::string_view allowed) {
  response.Send(405, kText, "Allowed are " + std::string(allowed) + ".\n", {{"Allow", allowed}});
}

// Both answer a method that is not theirs.
bool MustRead(const HttpRequest& request, HttpResponse& response) {
  if (IsRead(request)) return true;
  RefuseMethod(response, "GET, HEAD");
  return false;
}

bool MustChange(const HttpRequest& request, HttpResponse& response) {
  if (IsChange(request)) return true;
  RefuseMethod(response, "POST, PUT");
  return false;
}

// The value of the one parameter that the query must consist of.
std::optional<std::string> OnlyParameter(std::string_view query, std::string_view name) {
  auto parameters = ReadUrlQuery(query);
  if (!parameters || parameters->size() != 1 || parameters->front().first != name) return {};
  return std::move(parameters->front().second);
}

// Scrapers that take gzip name it alone, so weights need not be understood: an entry that has one
// counts as none, and the page goes as it is.
bool TakesGzip(const HttpRequest& request) {
  std::string_view rest = request.Header("Accept-Encoding").value_or("");
  while (!rest.empty()) {
    std::string_view entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (entry == "gzip") return true;
  }
  return false;
}

std::string Packed(std::string_view page) {
  std::string packed;
  GzipStream gzip;
  gzip.Write(page, &packed);
  gzip.Finish(&packed);
  return packed;
}

}  // namespace

Web::Web(WebHooks hooks, ServiceHealth& health, SelfMetrics* self_metrics)
    : hooks_(std::move(hooks)), health_(health), self_metrics_(self_metrics) {}

std::vector<HttpRoute> Web::Routes() {
  using Page = void (Web::*)(HttpRequest&, HttpResponse&);
  const auto to = [this](Page page) -> HttpHandler {
    return [this, page](HttpRequest& request, HttpResponse& response) {
      (this->*page)(request, response);
    };
  };
  // One limit for all of them together, so one handler.
  const HttpHandler others =
      LimitConcurrency(kMostOthers, [this](HttpRequest& request, HttpResponse& response) {
        if (request.path() == "/") return Status(request, response);
        if (request.path() == "/-/reload") return Reload(request, response);
        Drain(request, response, request.path() == "/api/v1/drain");
      });
  return {
      {"/metrics", LimitConcurrency(kMostScrapes, to(&Web::Metrics))},
      {"/-/healthy", to(&Web::Healthy)},
      {"/-/ready", to(&Web::Ready)},
      {"/", others},
      {"/-/reload", others},
      {"/api/v1/drain", others},
      {"/api/v1/undrain", others},
  };
}

void Web::Metrics(HttpRequest& request, HttpResponse& response) {
  if (!MustRead(request, response)) return;
  const auto report = hooks_.report();
  if (!report) return response.Send(503, kText, kNoAnswer);
  const std::string page = TextPage(self_metrics_->Collect(*report));
  if (!TakesGzip(request)) return response.Send(200, kMetricsText, page);
  response.Send(200, kMetricsText, Packed(page), {{"Content-Encoding", "gzip"}});
}

void Web::Status(HttpRequest& request, HttpResponse& response) {
  if (!MustRead(request, response)) return;
  const auto report = hooks_.report();
  if (!report) return response.Send(503, kText, kNoAnswer);
  response.Send(200, kHtml, StatusPage(*report),
                {{"Cache-Control", "no-store"},
                 {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}});
}

void Web::Healthy(HttpRequest& request, HttpResponse& response) {
  if (IsRead(request)) {
    if (health_.up()) return response.Send(200, kText, "Weir Router is Healthy.\n");
    return response.Send(503, kText, "Weir Router is not Healthy.\n");
  }
  if (!IsChange(request)) return RefuseMethod(response, "GET, HEAD, POST, PUT");
  const auto state = OnlyParameter(request.query(), "state");
  if (state != "up" && state != "down") {
    return response.Send(400, kText, "The query must be state=up or state=down.\n");
  }
  health_.Set(state == "up");
  LogInfo("Health was set", {{"state", *state}, {"request", "/-/healthy"}});
  response.Send(200, kText, "Weir Router is set " + *state + ".\n");
}

void Web::Ready(HttpRequest& request, HttpResponse& response) {
  if (!MustRead(request, response)) return;
  if (hooks_.ready()) return response.Send(200, kText, "Weir Router is Ready.\n");
  response.Send(503, kText, "Weir Router is not Ready.\n");
}

void Web::Reload(HttpRequest& request, HttpResponse& response) {
  if (!MustChange(request, response)) return;
  const Result<Done> done = hooks_.reload();
  if (!done) return response.Send(500, kText, done.error().message + "\n");
  response.Send(200, kText, "The configuration was read again.\n");
}

void Web::Drain(HttpRequest& request, HttpResponse& response, bool drained) {
  if (!MustChange(request, response)) return;
  const auto label = OnlyParameter(request.query(), "node");
  if (!label) {
    return response.Send(400, kText, "The query must be node=LABEL, percent-encoded.\n");
  }
  const Result<Done> done = hooks_.drain(*label, drained);
  if (!done) {
    return response.Send(Knows(*label) ? 503 : 404, kText, done.error().message + "\n");
  }
  response.Send(200, kText, drained ? "The node is drained.\n" : "The node is not drained.\n");
}

// True also when that cannot be told.
bool Web::Knows(std::string_view label) const {
  const auto report = hooks_.report();
  if (!report) return true;
  return std::ranges::any_of(report->downstreams, [&](const DownstreamReport& downstream) {
    return downstream.lane.label == label;
  });
}

}  // namespace weir
