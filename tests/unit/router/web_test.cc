#include "router/web.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "common/gzip.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/text_page.h"
#include "tests/unit/router/busy_report.h"

namespace weir {
namespace {

// A router behind its pages, without the router.
class Site {
 public:
  Site() : health_([this] { return well.load(); }), web_(Hooks(), health_, &self_metrics_) {
    auto server = HttpServer::Start({.listen_address = "127.0.0.1:0"}, web_.Routes());
    INFO((server ? "" : server.error().message));
    REQUIRE(server);
    server_ = std::move(*server);
  }

  HttpAnswer Get(const std::string& target, const std::string& headers = "") {
    return Ask(server_->port(), "GET", target, headers);
  }
  HttpAnswer Post(const std::string& target) { return Ask(server_->port(), "POST", target); }
  HttpAnswer Do(const std::string& method, const std::string& target) {
    return Ask(server_->port(), method, target);
  }
  ServiceHealth& health() { return health_; }
  SelfMetrics& self_metrics() { return self_metrics_; }

  // Lets reports wait, and then go on.
  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void AwaitHeld(int count) {
    std::unique_lock lock(mutex_);
    CHECK(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ >= count; }));
  }

  std::atomic<bool> well = true;
  std::atomic<bool> ready = true;
  std::atomic<bool> answers = true;
  std::string reload_error;
  std::string drain_error;
  std::vector<std::pair<std::string, bool>> drains;

 private:
  WebHooks Hooks() {
    return {.report = [this]() -> std::optional<RouterReport> {
              Wait();
              if (!answers) return std::nullopt;
              RouterReport report = BusyReport();
              report.up = health_.up();
              return report;
            },
            .ready = [this] { return ready.load(); },
            .reload = [this]() -> Result<Done> {
              self_metrics_.CountReload(reload_error.empty());
              if (!reload_error.empty()) return Error{reload_error};
              return Done{};
            },
            .drain = [this](const std::string& label, bool drained) -> Result<Done> {
              if (!drain_error.empty()) return Error{drain_error};
              if (label != "a" && label != "b") return Error{"no downstream is called " + label};
              drains.emplace_back(label, drained);
              return Done{};
            }};
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    if (!held_) return;
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !held_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int waiting_ = 0;
  SelfMetrics self_metrics_;
  ServiceHealth health_;
  Web web_;
  std::unique_ptr<HttpServer> server_;
};

TEST_CASE("the metrics are a page of Prometheus' text format", "[web]") {
  Site site;
  const HttpAnswer answer = site.Get("/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.Header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.Header("Content-Encoding").empty());
  CHECK(ValueOf(answer.body, "weir_workers") == "2");
  CHECK(ValueOf(answer.body, "weir_downstream_up{downstream=\"a\"}") == "1");
}

TEST_CASE("the metrics are packed for those who take gzip", "[web]") {
  Site site;
  for (const char* takes : {"gzip", "deflate, gzip, br", "gzip,deflate"}) {
    INFO(takes);
    const HttpAnswer answer =
        site.Get("/metrics", "Accept-Encoding: " + std::string(takes) + "\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.Header("Content-Encoding") == "gzip");
    CHECK(answer.Header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    const auto page = Gunzip(answer.body, 1 << 20);
    REQUIRE(page.end == GunzipEnd::kWhole);
    CHECK(ValueOf(page.text, "weir_workers") == "2");
  }
  for (const char* refuses : {"identity", "gzip;q=0", "xgzip", "*", ",,"}) {
    INFO(refuses);
    const HttpAnswer answer =
        site.Get("/metrics", "Accept-Encoding: " + std::string(refuses) + "\r\n");
    CHECK(answer.Header("Content-Encoding").empty());
    CHECK(ValueOf(answer.body, "weir_workers") == "2");
  }
}

TEST_CASE("the status page is HTML that nothing else may come into", "[web]") {
  Site site;
  const HttpAnswer answer = site.Get("/");
  CHECK(answer.status == 200);
  CHECK(answer.Header("Content-Type") == "text/html; charset=utf-8");
  CHECK(answer.Header("Cache-Control") == "no-store");
  CHECK(answer.Header("Content-Security-Policy").starts_with("default-src 'none'"));
  CHECK(answer.body.starts_with("<!DOCTYPE html>"));
}

TEST_CASE("a router that does not answer gets its readers a 503", "[web]") {
  Site site;
  site.answers = false;
  for (const char* page : {"/metrics", "/"}) {
    const HttpAnswer answer = site.Get(page);
    CHECK(answer.status == 503);
    CHECK(answer.body == "The router did not answer in time.\n");
  }
  CHECK(site.Get("/-/healthy").status == 200);
}

TEST_CASE("health is the router's own and the operator's word", "[web]") {
  Site site;
  HttpAnswer answer = site.Get("/-/healthy");
  CHECK(answer.status == 200);
  CHECK(answer.body == "Weir Router is Healthy.\n");
  site.well = false;
  answer = site.Get("/-/healthy");
  CHECK(answer.status == 503);
  CHECK(answer.body == "Weir Router is not Healthy.\n");
  site.well = true;

  answer = site.Post("/-/healthy?state=down");
  CHECK(answer.status == 200);
  CHECK(answer.body == "Weir Router is set down.\n");
  CHECK(site.Get("/-/healthy").status == 503);
  CHECK_FALSE(site.health().up());
  CHECK(ValueOf(site.Get("/metrics").body, "weir_up") == "0");
  CHECK(site.Do("PUT", "/-/healthy?state=up").status == 200);
  CHECK(site.Get("/-/healthy").status == 200);

  // The operator's word makes no ill router well.
  site.well = false;
  CHECK(site.Post("/-/healthy?state=up").status == 200);
  CHECK(site.Get("/-/healthy").status == 503);
}

TEST_CASE("health set through another door shows on the page", "[web]") {
  Site site;
  site.health().Set(false);
  CHECK(site.Get("/-/healthy").status == 503);
}

TEST_CASE("a state that is none is refused and changes nothing", "[web]") {
  Site site;
  for (const char* query :
       {"", "?", "?state", "?state=", "?state=DOWN", "?state=down&state=up", "?state=down&x=1",
        "?up", "?State=down", "?state=%zz", "?state=down%"}) {
    INFO(query);
    CHECK(site.Post("/-/healthy" + std::string(query)).status == 400);
  }
  CHECK(site.health().up());
  // Nor does reading set anything.
  CHECK(site.Get("/-/healthy?state=down").status == 200);
  CHECK(site.health().up());
}

TEST_CASE("ready is 200 or 503", "[web]") {
  Site site;
  CHECK(site.Get("/-/ready").status == 200);
  CHECK(site.Get("/-/ready").body == "Weir Router is Ready.\n");
  site.ready = false;
  CHECK(site.Get("/-/ready").status == 503);
  CHECK(site.Get("/-/ready").body == "Weir Router is not Ready.\n");
}

TEST_CASE("a reload says how it ended", "[web]") {
  Site site;
  CHECK(site.Post("/-/reload").status == 200);
  site.reload_error = "weir.yml:3:7: mtu: `x` is not a whole number";
  const HttpAnswer answer = site.Do("PUT", "/-/reload");
  CHECK(answer.status == 500);
  CHECK(answer.body == "weir.yml:3:7: mtu: `x` is not a whole number\n");
  const std::string page = site.Get("/metrics").body;
  CHECK(ValueOf(page, "weir_config_reloads_total{outcome=\"success\"}") == "1");
  CHECK(ValueOf(page, "weir_config_reloads_total{outcome=\"failure\"}") == "1");
}

TEST_CASE("nodes are drained and let in again by their label", "[web]") {
  Site site;
  CHECK(site.Post("/api/v1/drain?node=a").status == 200);
  CHECK(site.Do("PUT", "/api/v1/undrain?node=%61").status == 200);
  CHECK(site.drains == std::vector<std::pair<std::string, bool>>{{"a", true}, {"a", false}});
}

TEST_CASE("draining tells an unknown node from a bad query and from no answer", "[web]") {
  Site site;
  for (const std::string path : {"/api/v1/drain", "/api/v1/undrain"}) {
    const HttpAnswer unknown = site.Post(path + "?node=c");
    CHECK(unknown.status == 404);
    CHECK(unknown.body == "no downstream is called c\n");
    CHECK(site.Post(path).status == 400);
    CHECK(site.Post(path + "?node=a&node=b").status == 400);
    CHECK(site.Post(path + "?label=a").status == 400);
    CHECK(site.Post(path + "?node=%a").status == 400);
    CHECK(site.Post(path + "?node=").status == 404);
  }
  site.drain_error = "the router did not answer in time";
  CHECK(site.Post("/api/v1/drain?node=a").status == 503);
  site.answers = false;
  CHECK(site.Post("/api/v1/drain?node=a").status == 503);
  CHECK(site.drains.empty());
}

TEST_CASE("a wrong method is told the right ones and does nothing", "[web]") {
  Site site;
  for (const std::string path : {"/", "/metrics", "/-/ready"}) {
    for (const std::string method : {"POST", "PUT", "DELETE"}) {
      INFO(method << " " << path);
      const HttpAnswer answer = site.Do(method, path);
      CHECK(answer.status == 405);
      CHECK(answer.Header("Allow") == "GET, HEAD");
    }
  }
  for (const std::string path : {"/-/reload", "/api/v1/drain?node=a", "/api/v1/undrain?node=a"}) {
    for (const std::string method : {"GET", "HEAD", "DELETE"}) {
      INFO(method << " " << path);
      const HttpAnswer answer = site.Do(method, path);
      CHECK(answer.status == 405);
      CHECK(answer.Header("Allow") == "POST, PUT");
    }
  }
  const HttpAnswer answer = site.Do("DELETE", "/-/healthy?state=down");
  CHECK(answer.status == 405);
  CHECK(answer.Header("Allow") == "GET, HEAD, POST, PUT");
  CHECK(site.health().up());
  CHECK(site.drains.empty());
  CHECK(ValueOf(site.Get("/metrics").body, "weir_config_reloads_total{outcome=\"success\"}") ==
        "0");
}

TEST_CASE("HEAD has the status and no body", "[web]") {
  Site site;
  for (const char* path : {"/", "/metrics", "/-/healthy", "/-/ready"}) {
    const HttpAnswer answer = site.Do("HEAD", path);
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
  }
}

TEST_CASE("other paths are not found", "[web]") {
  Site site;
  for (const char* path : {"/metrics/", "/-/quit", "/api/v1/", "/-/healthy/x"}) {
    INFO(path);
    CHECK(site.Get(path).status == 404);
  }
}

TEST_CASE("health finds a thread while every slow page waits for the router", "[web]") {
  Site site;
  site.Hold();
  std::vector<std::thread> readers;
  std::atomic<int> good = 0;
  const auto read = [&](const char* path) {
    readers.emplace_back([&site, &good, path] {
      if (site.Get(path).status == 200) ++good;
    });
  };
  for (int i = 0; i < 3; ++i) read("/metrics");
  for (int i = 0; i < 2; ++i) read("/");
  site.AwaitHeld(5);
  CHECK(site.Get("/metrics").status == 503);
  CHECK(site.Get("/").status == 503);
  // One limit for all pages but the metrics.
  CHECK(site.Post("/-/reload").status == 503);
  CHECK(site.Post("/api/v1/drain?node=a").status == 503);
  CHECK(site.Get("/-/healthy").status == 200);
  CHECK(site.Get("/-/ready").status == 200);
  CHECK(site.Post("/-/healthy?state=down").status == 200);
  site.Release();
  for (std::thread& reader : readers) reader.join();
  CHECK(good == 5);
  CHECK(site.drains.empty());
}

TEST_CASE("pages may be read from many threads while things change", "[web]") {
  Site site;
  std::vector<std::thread> readers;
  std::atomic<int> answered = 0;
  for (const char* path : {"/metrics", "/", "/-/healthy"}) {
    readers.emplace_back([&site, &answered, path] {
      for (int i = 0; i < 20; ++i) {
        if (site.Get(path).status > 0) ++answered;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    site.self_metrics().CountReload(i % 2 == 0);
    site.health().Set(i % 2 == 0);
  }
  for (std::thread& reader : readers) reader.join();
  CHECK(answered == 60);
}

}  // namespace
}  // namespace weir
