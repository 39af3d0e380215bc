#include "common/http_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

constexpr int kDeadlineMs = 20'000;

// A blocking HTTP client that shows the bytes.
class Client {
 public:
  explicit Client(uint16_t port, int family = AF_INET) {
    fd_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    connected_ = family == AF_INET
                     ? connect(fd_, reinterpret_cast<sockaddr*>(&v4), sizeof(v4)) == 0
                     : connect(fd_, reinterpret_cast<sockaddr*>(&v6), sizeof(v6)) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }

  Client& Send(std::string_view bytes) {
    CHECK(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
    return *this;
  }
  // As Send, to a server that may have closed.
  void TrySend(std::string_view bytes) { send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  Client& Get(const std::string& path, const std::string& headers = "") {
    return Send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }
  void HalfClose() { shutdown(fd_, SHUT_WR); }

  // Waits until what was received ends with `end`, the connection closes or the deadline passes.
  std::string ReadUntil(std::string_view end) {
    while (!received_.ends_with(end) && Fill()) {
    }
    return std::exchange(received_, {});
  }
  std::string ReadToEnd() {
    while (Fill()) {
    }
    return std::exchange(received_, {});
  }
  // True when the server closes before the deadline.
  bool Closes() {
    ReadToEnd();
    return closed_;
  }

 private:
  bool Fill() {
    pollfd poll_fd{fd_, POLLIN, 0};
    if (poll(&poll_fd, 1, kDeadlineMs) != 1) return false;
    char buffer[65'536];
    const ssize_t count = recv(fd_, buffer, sizeof(buffer), 0);
    closed_ = count <= 0;
    if (closed_) return false;
    received_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  int fd_;
  bool connected_;
  bool closed_ = false;
  std::string received_;
};

HttpServerOptions Local() { return {.listen_address = "127.0.0.1:0"}; }

HttpRoute Text(std::string path, std::string text) {
  return {std::move(path),
          [text](HttpRequest&, HttpResponse& response) { response.Send(200, "text/plain", text); }};
}

std::unique_ptr<HttpServer> Serve(std::vector<HttpRoute> routes,
                                  const HttpServerOptions& options = Local()) {
  auto server = HttpServer::Start(options, std::move(routes));
  INFO((server ? "" : server.error().message));
  REQUIRE(server);
  return std::move(*server);
}

// Holds handlers until it is opened, which must be before the server stops.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void AwaitWaiting(int count) {
    std::unique_lock lock(mutex_);
    CHECK(changed_.wait_for(lock, milliseconds(kDeadlineMs), [&] { return waiting_ >= count; }));
  }
  HttpRoute Route(std::string path, int limit) {
    return {std::move(path), LimitConcurrency(limit, [this](HttpRequest&, HttpResponse& response) {
              response.Start(200, {{"Content-Type", "text/plain"}});
              Pass();
              response.Write("slow");
              response.Finish();
            })};
  }

 private:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, milliseconds(kDeadlineMs), [this] { return open_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a route is found by its exact path and all else is 404", "[http]") {
  const auto server = Serve({Text("/metrics", "hits 1\n"), Text("/", "landing\n")});
  const auto get = [&server](const std::string& path) {
    return Client(server->port()).Get(path, "Connection: close\r\n").ReadToEnd();
  };
  CHECK(Contains(get("/metrics"), "\r\n\r\nhits 1\n"));
  CHECK(Contains(get("/metrics?x=1"), "\r\n\r\nhits 1\n"));
  CHECK(Contains(get("/"), "\r\n\r\nlanding\n"));
  for (const char* path : {"/metrics/", "/metrics/x", "/metric", "/metricsx", "/*", "/$"}) {
    const std::string reply = get(path);
    INFO(path);
    CHECK(reply.starts_with("HTTP/1.1 404 Not Found\r\n"));
    CHECK(Contains(reply, "Content-Type: text/plain; charset=utf-8\r\n"));
    CHECK(reply.ends_with("\r\n\r\n404 page not found\n"));
  }
}

TEST_CASE("the route without a path takes what no other has", "[http]") {
  const auto server = Serve({Text("/a", "a"), Text("", "rest")});
  CHECK(Client(server->port()).Get("/b", "Connection: close\r\n").ReadToEnd().ends_with("rest"));
}

TEST_CASE("a handler sees method, path, query, headers and body", "[http]") {
  std::string seen;
  const auto server =
      Serve({{"/a b", [&seen](HttpRequest& request, HttpResponse& response) {
                std::string body;
                const BodyState state = request.ReadBody(100, body);
                seen = std::string(request.method()) + "|" + std::string(request.path()) + "|" +
                       std::string(request.query()) + "|" +
                       std::string(request.Header("x-token").value_or("none")) + "|" + body;
                response.Send(state == BodyState::kComplete ? 200 : 413, "text/plain", "ok");
              }}});
  Client client(server->port());
  SECTION("with a length") {
    client.Send(
        "PUT /a%20b?q=%20 HTTP/1.1\r\nHost: x\r\nX-Token: t\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(Contains(client.ReadUntil("ok"), " 200 OK"));
    CHECK(seen == "PUT|/a b|q=%20|t|body");
  }
  SECTION("in chunks") {
    client.Send(
        "POST /a%20b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n");
    CHECK(Contains(client.ReadUntil("ok"), " 200 OK"));
    CHECK(seen == "POST|/a b||none|body");
  }
  SECTION("too large") {
    client.Send("POST /a%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" +
                std::string(101, 'x'));
    CHECK(Contains(client.ReadUntil("ok"), " 413 "));
    CHECK(client.Closes());
  }
}

TEST_CASE("a connection serves request after request", "[http]") {
  const auto server = Serve({Text("/", "page"), {"/post", [](HttpRequest&, HttpResponse& response) {
                                                   response.Send(200, "text/plain", "page");
                                                 }}});
  Client client(server->port());
  for (int i = 0; i < 5; ++i) {
    const std::string reply = client.Get("/").ReadUntil("page");
    CHECK(reply.ends_with("\r\n\r\npage"));
    CHECK_FALSE(Contains(reply, "Connection: close"));
    // A body that the handler does not read must not be taken for a request.
    client.Send("POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /");
    CHECK(client.ReadUntil("page").starts_with("HTTP/1.1 200"));
  }
  client.Send("GET / HTTP/1.0\r\n\r\n");
  CHECK(Contains(client.ReadToEnd(), "Connection: close\r\n"));
}

TEST_CASE("pipelined requests are answered in order", "[http]") {
  const auto server = Serve({Text("/1", "one"), Text("/2", "two")});
  Client client(server->port());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n"
      "Connection: close\r\n\r\n");
  const std::string replies = client.ReadToEnd();
  CHECK(replies.find("one") < replies.find("two"));
  CHECK(replies.ends_with("two"));
}

TEST_CASE("HEAD and streams work over the wire", "[http]") {
  const std::string page(200'000, '#');
  const auto server = Serve({{"/", [&page](HttpRequest&, HttpResponse& response) {
                                if (!response.Start(200, {{"Content-Type", "text/plain"}})) return;
                                response.Write(page);
                                response.Finish();
                              }}});
  const std::string chunked = Client(server->port()).Get("/", "Connection: close\r\n").ReadToEnd();
  CHECK(chunked.ends_with("\r\n0\r\n\r\n"));
  CHECK(std::count(chunked.begin(), chunked.end(), '#') == 200'000);
  Client old(server->port());
  const std::string plain = old.Send("GET / HTTP/1.0\r\n\r\n").ReadToEnd();
  CHECK(plain.ends_with("\r\n\r\n" + page));
  const std::string head =
      Client(server->port()).Send("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n").ReadToEnd();
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(std::count(head.begin(), head.end(), '#') == 0);
}

TEST_CASE("a stream that was given up does not look whole", "[http]") {
  const auto server = Serve({{"/", [](HttpRequest&, HttpResponse& response) {
                                response.Start(200, {});
                                response.Write("half");
                              }}});
  Client client(server->port());
  const std::string reply = client.Get("/").ReadToEnd();
  CHECK(reply.starts_with("HTTP/1.1 200"));
  CHECK_FALSE(reply.ends_with("0\r\n\r\n"));
}

TEST_CASE("a handler that sends nothing answers 500", "[http]") {
  const auto server = Serve({{"/", [](HttpRequest&, HttpResponse&) {}}});
  CHECK(Client(server->port()).Get("/").ReadUntil("error\n").starts_with("HTTP/1.1 500 "));
}

TEST_CASE("an empty host serves IPv4, and IPv6 where there is one", "[http]") {
  const auto server = Serve({Text("/", "page")}, {.listen_address = ":0"});
  CHECK(Client(server->port()).Get("/").ReadUntil("page").ends_with("page"));
  if (server->address().starts_with("[::]")) {
    Client six(server->port(), AF_INET6);
    REQUIRE(six.connected());
    CHECK(six.Get("/").ReadUntil("page").ends_with("page"));
  }
}

TEST_CASE("named and bracketed hosts are understood", "[http]") {
  CHECK(Serve({}, {.listen_address = "localhost:0"})->address().starts_with("127.0.0.1:"));
  const auto six = HttpServer::Start({.listen_address = "[::1]:0"}, {Text("/", "page")});
  if (!six) return;  // a machine without IPv6
  CHECK((*six)->address().starts_with("[::1]:"));
  CHECK(Client((*six)->port(), AF_INET6).Get("/").ReadUntil("page").ends_with("page"));
}

TEST_CASE("an address that cannot be served is one clear line", "[http]") {
  const auto first = Serve({});
  const std::string busy = "127.0.0.1:" + std::to_string(first->port());
  const auto second = HttpServer::Start({.listen_address = busy}, {});
  REQUIRE_FALSE(second);
  CHECK(Contains(second.error().message, busy));
  CHECK(Contains(second.error().message, "Address already in use"));
  CHECK_FALSE(Contains(second.error().message, "\n"));

  const auto bad = HttpServer::Start({.listen_address = "9102"}, {});
  REQUIRE_FALSE(bad);
  CHECK(Contains(bad.error().message, "bad HTTP listening address: 9102"));
}

TEST_CASE("a limited route answers 503 at once beyond its limit", "[http]") {
  Gate gate;
  const auto server = Serve({gate.Route("/slow", 2), Text("/", "page")});
  Client one(server->port());
  Client two(server->port());
  one.Get("/slow");
  two.Get("/slow");
  gate.AwaitWaiting(2);
  const std::string refused =
      Client(server->port()).Get("/slow", "Connection: close\r\n").ReadToEnd();
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(Contains(refused, "Retry-After: 1\r\n"));
  gate.Open();
  CHECK(Contains(one.ReadUntil("0\r\n\r\n"), "slow"));
  CHECK(Contains(two.ReadUntil("0\r\n\r\n"), "slow"));
  // Their answers are out a moment before they are no longer counted.
  const auto end = std::chrono::steady_clock::now() + milliseconds(kDeadlineMs);
  std::string again;
  while (!Contains(again, "slow") && std::chrono::steady_clock::now() < end) {
    again = Client(server->port()).Get("/slow", "Connection: close\r\n").ReadToEnd();
  }
  CHECK(Contains(again, "slow"));
}

// The timeouts are longer than the deadline, so only a free thread can answer.
TEST_CASE("health answers while scrapes are slow and connections are idle or silent", "[http]") {
  Gate gate;
  HttpServerOptions options = Local();
  options.request_timeout = options.keep_alive_timeout = milliseconds(10 * kDeadlineMs);
  const auto server = Serve({gate.Route("/metrics", 4), Text("/-/healthy", "Healthy.\n")}, options);

  std::vector<std::unique_ptr<Client>> clients;
  int kept = 0;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    const std::string reply = clients.back()->Get("/-/healthy").ReadUntil("Healthy.\n");
    CHECK(reply.ends_with("Healthy.\n"));
    if (!Contains(reply, "Connection: close")) ++kept;
  }
  CHECK(kept == options.max_idle_connections);
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<Client>(server->port()));
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    clients.back()->Get("/metrics");
  }
  gate.AwaitWaiting(4);
  for (int i = 0; i < 50; ++i) {
    CHECK(Client(server->port()).Get("/-/healthy").ReadUntil("Healthy.\n").ends_with("Healthy.\n"));
  }
  gate.Open();
}

TEST_CASE("an idle connection ends after its timeout", "[http]") {
  HttpServerOptions options = Local();
  options.keep_alive_timeout = milliseconds(50);
  const auto server = Serve({Text("/", "page")}, options);
  Client client(server->port());
  CHECK(client.Get("/").ReadUntil("page").ends_with("page"));
  CHECK(client.Closes());
}

TEST_CASE("half a request is cut after the timeout", "[http]") {
  HttpServerOptions options = Local();
  options.request_timeout = milliseconds(50);
  const auto server = Serve({Text("/", "page")}, options);
  Client client(server->port());
  client.Send("GET / HT");
  CHECK(client.Closes());
}

TEST_CASE("a client that never reads is cut and the handler told", "[http]") {
  HttpServerOptions options = Local();
  options.request_timeout = milliseconds(1'000);
  std::promise<void> given_up;
  const std::string piece(1 << 20, 'x');
  const auto server = Serve({{"/",
                              [&](HttpRequest&, HttpResponse& response) {
                                response.Start(200, {});
                                while (response.Write(piece)) {
                                }
                                given_up.set_value();
                              }}},
                            options);
  Client client(server->port());
  client.Get("/");
  REQUIRE(given_up.get_future().wait_for(milliseconds(kDeadlineMs)) == std::future_status::ready);
  CHECK(client.Closes());
}

TEST_CASE("a client that reads too slowly is cut by the response timeout", "[http]") {
  HttpServerOptions options = Local();
  options.response_timeout = milliseconds(0);
  std::atomic<int> written = 0;
  const std::string piece(64 << 10, 'x');
  const auto server = Serve({{"/",
                              [&](HttpRequest&, HttpResponse& response) {
                                response.Start(200, {});
                                while (response.Write(piece)) ++written;
                              }}},
                            options);
  Client client(server->port());
  client.Get("/");
  CHECK(client.Closes());
  CHECK(written.load() <= 1);
}

TEST_CASE("malformed requests are refused and harm nobody", "[http]") {
  const auto server = Serve({Text("/", "page")});
  const std::string request = GENERATE(
      std::string("\r\n\r\n"), std::string("nonsense\r\n\r\n"), std::string("GET\r\n\r\n"),
      std::string("GET / HTTP/9.9\r\n\r\n"), std::string("OPTIONS * HTTP/1.1\r\n\r\n"),
      std::string("\0\0\0\0\r\n\r\n", 8), "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\n" + std::string("X: y\r\n") + std::string(20'000, 'h'));
  Client client(server->port());
  client.Send(request);
  client.HalfClose();
  CHECK(client.Closes());
  CHECK(Client(server->port()).Get("/").ReadUntil("page").ends_with("page"));
}

TEST_CASE("a connection that comes and goes without a word is harmless", "[http]") {
  const auto server = Serve({Text("/", "page")});
  for (int i = 0; i < 100; ++i) CHECK(Client(server->port()).connected());
  CHECK(Client(server->port()).Get("/").ReadUntil("page").ends_with("page"));
}

TEST_CASE("stopping lets a running request end and closes idle connections", "[http]") {
  Gate gate;
  const auto server = Serve({gate.Route("/slow", 1), Text("/", "page")});
  Client idle(server->port());
  CHECK(idle.Get("/").ReadUntil("page").ends_with("page"));
  Client slow(server->port());
  slow.Get("/slow");
  gate.AwaitWaiting(1);
  std::thread stopper([&server] { server->Stop(); });
  gate.Open();
  CHECK(Contains(slow.ReadUntil("0\r\n\r\n"), "slow"));
  stopper.join();
  CHECK(idle.Closes());
  CHECK_FALSE(Client(server->port()).connected());
  server->Stop();
}

TEST_CASE("several servers live side by side", "[http]") {
  const auto one = Serve({Text("/", "one")});
  const auto two = Serve({Text("/", "two")});
  CHECK(Client(one->port()).Get("/").ReadUntil("one").ends_with("one"));
  one->Stop();
  CHECK(Client(two->port()).Get("/").ReadUntil("two").ends_with("two"));
}

TEST_CASE("a client that goes on sending and gets no answer is cut", "[http]") {
  const HttpRoute route = {"/", [](HttpRequest& request, HttpResponse& response) {
                             std::string body;
                             const bool whole =
                                 request.ReadBody(1 << 30, body) == BodyState::kComplete;
                             response.Send(whole ? 200 : 408, "text/plain", "end");
                           }};
  HttpServerOptions options = Local();
  options.request_timeout = milliseconds(5'000);
  options.keep_alive_timeout = milliseconds(5'000);
  options.max_silence = milliseconds(500);
  const auto server = Serve({route}, options);
  Client slow(server->port());
  slow.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
  const auto end = std::chrono::steady_clock::now() + milliseconds(kDeadlineMs);
  while (server->cut_connections() == 0 && std::chrono::steady_clock::now() < end) {
    slow.TrySend("x");
  }
  CHECK(server->cut_connections() == 1);
  CHECK(slow.Closes());
  CHECK(server->connections() == 1);
}

TEST_CASE("raw paths reach their handler as they came", "[http]") {
  HttpServerOptions options = Local();
  options.raw_paths = true;
  const HttpRoute route = {"", [](HttpRequest& request, HttpResponse& response) {
                             response.Send(200, "text/plain", std::string(request.path()) + "!");
                           }};
  const auto server = Serve({route}, options);
  CHECK(Client(server->port())
            .Get("//a/../b%2Fc?d")
            .ReadUntil("!")
            .ends_with("\r\n\r\n//a/../b%2Fc!"));
}

}  // namespace weir
