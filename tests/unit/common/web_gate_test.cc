#include "common/web_gate.h"

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "common/tls_context.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/http_client.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

using std::chrono::seconds;

// alice:U*U
const std::string kAlice = "Authorization: Basic YWxpY2U6VSpV\r\n";
const std::string kUsers =
    "basic_auth_users:\n"
    "  alice: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";

void Write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

// A server with one page, behind what the file says.
struct Site {
  explicit Site(const std::string& path) {
    auto created = WebGate::Create(path, loop, [this](bool good) { reloads.push_back(good); });
    INFO((created ? "" : created.error().message));
    REQUIRE(created);
    gate = std::move(*created);
    HttpServerOptions options = {.listen_address = "127.0.0.1:0"};
    gate->Protect(&options);
    const HttpHandler page = [](HttpRequest&, HttpResponse& response) {
      response.Send(200, "text/plain", "page", {{"X-Frame-Options", "sameorigin"}});
    };
    auto started = HttpServer::Start(options, {{"/", page}});
    INFO((started ? "" : started.error().message));
    REQUIRE(started);
    server = std::move(*started);
  }

  HttpAnswer Get(const std::string& headers = "", const std::string& path = "/") {
    return Ask(server->port(), "GET", path, headers);
  }
  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }

  SteadyClock clock;
  EventLoop loop{clock};
  std::vector<bool> reloads;
  std::unique_ptr<WebGate> gate;
  std::unique_ptr<HttpServer> server;
};

TEST_CASE("without a file everybody may ask", "[web_gate]") {
  Site site("");
  CHECK_FALSE(site.gate->has_file());
  CHECK(site.Get().status == 200);
  CHECK(site.gate->Reload());
  CHECK(site.reloads.empty());
}

TEST_CASE("who has no password is refused every page, also those that are not there",
          "[web_gate]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "web.yml";
  Write(file, kUsers);
  Site site(file);
  for (const char* path : {"/", "/nowhere"}) {
    const HttpAnswer refused = site.Get("", path);
    CHECK(refused.status == 401);
    CHECK(refused.Header("WWW-Authenticate") == "Basic");
    CHECK(refused.body == "Unauthorized\n");
  }
  CHECK(site.Get("Authorization: Basic YWxpY2U6VSpW\r\n").status == 401);
  CHECK(site.Get(kAlice).status == 200);
  CHECK(site.Get(kAlice, "/nowhere").status == 404);
}

TEST_CASE("headers go with every answer, and never twice", "[web_gate]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "web.yml";
  Write(file, kUsers +
                  "http_server_config:\n"
                  "  headers: {X-Frame-Options: deny, X-Content-Type-Options: nosniff}\n");
  Site site(file);
  CHECK(site.Get().Header("X-Frame-Options") == "deny");
  const HttpAnswer page = site.Get(kAlice);
  CHECK(page.Header("X-Content-Type-Options") == "nosniff");
  CHECK(page.Header("X-Frame-Options") == "sameorigin");
  CHECK(page.head.find("deny") == page.head.npos);
}

TEST_CASE("more requests than the rate allows are answered 429", "[web_gate]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "web.yml";
  Write(file, "rate_limit: {interval: 1h, burst: 3}\n");
  Site site(file);
  for (int i = 0; i < 3; ++i) CHECK(site.Get().status == 200);
  CHECK(site.Get().status == 429);
}

TEST_CASE("a bucket fills again with time, to its brim", "[web_gate]") {
  TokenBucket bucket;
  seconds now(100);
  for (const int burst : {2, 2, 2}) {
    for (int i = 0; i < burst; ++i) CHECK(bucket.Take(now, seconds(1), 2));
    CHECK_FALSE(bucket.Take(now, seconds(1), 2));
    now += seconds(10);
  }
}

TEST_CASE("the file is read again when it changes, and stays in force when it is bad",
          "[web_gate]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "web.yml";
  Write(file, "# open\n");
  Site site(file);
  CHECK(site.Get().status == 200);
  Write(file, kUsers);
  REQUIRE(site.Until([&] { return site.Get().status == 401; }));
  CHECK(site.reloads == std::vector<bool>{true});
  Write(file, "basic_auth_user:\n");
  REQUIRE(site.Until([&] { return site.reloads.size() == 2; }));
  CHECK_FALSE(site.reloads.back());
  CHECK(site.Get().status == 401);
  const auto done = site.gate->Reload();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.starts_with("--web.config.file: " + file + ":1:1: unknown key"));
  const size_t reloads = site.reloads.size();
  Write(file, "");
  REQUIRE(site.Until([&] { return site.reloads.size() > reloads; }));
  CHECK_FALSE(site.reloads.back());
  CHECK(site.Get().status == 401);
}

TEST_CASE("files that are named anew are watched from then on", "[web_gate]") {
  const TemporaryDirectory directory;
  const TlsConfig one = MakeCertificate(directory.path, "one");
  const TlsConfig two = MakeCertificate(directory.path, "two");
  const std::string file = directory / "web.yml";
  Write(file, "tls_server_config: {cert_file: one.pem, key_file: one.key}\n");
  Site site(file);
  CHECK(site.gate->has_tls());
  Write(file, "tls_server_config: {cert_file: two.pem, key_file: two.key}\n");
  // Once by the change, once more when the new files are watched.
  REQUIRE(site.Until([&] { return site.reloads.size() >= 2; }));
  const size_t before = site.reloads.size();
  Write(two.certificate.path, TextOfFile(two.certificate.path));
  REQUIRE(site.Until([&] { return site.reloads.size() > before; }));
  CHECK(site.reloads == std::vector<bool>(site.reloads.size(), true));
}

TEST_CASE("a reload does not begin or end TLS", "[web_gate]") {
  const TemporaryDirectory directory;
  MakeCertificate(directory.path, "one");
  const std::string file = directory / "web.yml";
  Write(file, "");
  Site site(file);
  Write(file, "tls_server_config: {cert_file: one.pem, key_file: one.key}\n");
  const auto done = site.gate->Reload();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.find("needs a restart") != std::string::npos);
  CHECK(site.Get().status == 200);
}

TEST_CASE("a reload asks no less of clients' certificates", "[web_gate]") {
  const TemporaryDirectory directory;
  MakeCertificate(directory.path, "one");
  const std::string file = directory / "web.yml";
  const std::string half = "tls_server_config:\n  cert_file: one.pem\n  key_file: one.key\n";
  const std::string whole =
      half + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: one.pem\n";
  Write(file, whole);
  Site site(file);
  Write(file, half);
  for (int i = 0; i < 2; ++i) {
    const auto done = site.gate->Reload();
    REQUIRE_FALSE(done);
    CHECK(done.error().message ==
          "--web.config.file: " + file +
              ": asks less of clients' certificates, which needs a restart");
  }
  Write(file, whole);
  CHECK(site.gate->Reload());
}

TEST_CASE("what is wrong with the file is said before anything serves", "[web_gate]") {
  std::vector<std::string> warnings;
  const auto missing = WebGate::Check("/nowhere/web.yml", &warnings);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.starts_with("--web.config.file: /nowhere/web.yml: cannot be read"));
  const TemporaryDirectory directory;
  const std::string file = directory / "web.yml";
  Write(file, "tls_server_config: {cert_file: a.pem, key_file: b.pem}\n");
  const auto broken = WebGate::Check(file, &warnings);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == "--web.config.file: " + (directory / "a.pem") +
                                      ": cannot be read: No such file or directory");
  CHECK(WebGate::Check("", &warnings));
}

}  // namespace
}  // namespace weir
