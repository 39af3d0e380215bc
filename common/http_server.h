// HttpServer: pages, health and scrapes over HTTP/1.1, on CivetWeb.
//
// CivetWeb gives each open connection a thread, so threads are what must not run out:
//  * a connection that has sent nothing occupies none (TCP_DEFER_ACCEPT) for `request_timeout`;
//  * after a response the connection stays open only while at most `max_idle_connections` are held,
//    all others are told "Connection: close"; idle ones end after `keep_alive_timeout`;
//  * a request must have arrived within `request_timeout`, a client that reads nothing for as long
//    is cut, and so is one that has not read its response after `response_timeout`;
//  * a route that may be slow is wrapped by LimitConcurrency, which answers 503 at once beyond it.
// So with idle + limited < threads, the other routes answer at once. The limit of that promise:
// threads - idle - limited clients that send half a request make the rest wait until
// `request_timeout` cuts them. Measured with the defaults, 20 connections left open and 4 stalled
// scrapes (limit 4): health within 10 ms, 0.1 ms on average; with 5 threads: up to 12 s.
//
// The listening socket is ours (common/socket.h), for its address rules and its errors. CivetWeb
// 1.15 cannot be given a socket: it opens one on a free port of the loopback, which ours replaces
// (dup) before it is first looked at. So IPv6 works although Debian builds CivetWeb without it: of
// an accepted socket it keeps two addresses of 16 bytes side by side, and the 28 bytes of an IPv6
// address end within the second (read in 1.15 and 1.16); only the client's address is lost.
//
// TLS is OpenSSL's, with a context of ours (common/http_tls.h): a certificate that is replaced
// holds from the next handshake on. CivetWeb loads OpenSSL by itself when it is first asked for
// TLS; what it finds are our libraries of weir-tls/, beside the program or in ../lib
// (common/tls/ssl.cc says why), and behind them the OpenSSL that the program has.
//
// A path nobody registered is answered 404, "404 page not found\n", as Go does.
// Thread safety: handlers run on several threads at once. Start and Stop belong to one thread that
// is not a handler's. Handlers and all they refer to outlive the server.
// Tested by tests/unit/common/http_server_test.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/adopted_sockets.h"
#include "common/http_message.h"
#include "common/result.h"

namespace weir {

template <class T>
class Replaceable;
class TlsContext;

struct HttpServerOptions {
  // host:port; an empty host means every interface, port 0 any free port.
  std::string listen_address = ":9102";
  // Requests served at a time; each costs a thread (about 40 KB of memory). Default 8.
  int threads = 8;
  // Connections kept open for a next request. Default 2.
  int max_idle_connections = 2;
  // Longer than a scrape interval of a minute, so that a Prometheus keeps its connection.
  std::chrono::milliseconds keep_alive_timeout{75'000};
  // For a request's head to arrive, for the next piece of a body to arrive, for a client to read
  // anything at all. Default 10 s.
  std::chrono::milliseconds request_timeout{10'000};
  // For a client to read a whole response. Default 60 s.
  std::chrono::milliseconds response_timeout{60'000};
  // Request line and headers; more is answered 400 or 413. Default 16 KiB.
  size_t max_header_bytes = 16 << 10;
  // A connection that was answered nothing for so long is cut, whatever its client sends
  // (common/silence_cutter.h): more than keep_alive_timeout and a slow request together. Costs a
  // thread. Default zero: none is.
  std::chrono::milliseconds max_silence{0};
  // Paths reach handlers as they came: encoded, with their dots and slashes. Default false.
  bool raw_paths = false;
  // HTTPS, by what is in force at each handshake. Default null: HTTP.
  std::shared_ptr<const Replaceable<TlsContext>> tls = {};
  // Called before the route of every request, on several threads at once; false: it has answered,
  // and no route is asked. Default empty: every request is let in.
  std::function<bool(HttpRequest&, HttpResponse&)> gate = {};
  // Where its socket may be among; null: it opens one.
  AdoptedSockets* adopted = nullptr;
  std::string purpose = "web";  // what a successor finds it by
};

using HttpHandler = std::function<void(HttpRequest&, HttpResponse&)>;

struct HttpRoute {
  // Exact. Empty: every path that no other route has.
  std::string path;
  HttpHandler handler;
};

// At most `limit` calls of `handler` at a time; others get 503 with Retry-After at once. A call
// counts until the handler has returned, which is a moment after its client has the answer.
HttpHandler LimitConcurrency(int limit, HttpHandler handler);

class HttpServer {
 public:
  // Serves when it returns. The error names the address.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                   std::vector<HttpRoute> routes);
  ~HttpServer();  // Stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  // What it is bound to: "[::]:9102".
  const std::string& address() const;

  // Since the start, now, and of those that were cut for their silence. Any thread.
  uint64_t connections() const;
  int open_connections() const;
  uint64_t cut_connections() const;

  // The listening socket, for another process to have too. REQUIRES: LeaveSocket was not called.
  const BoundSocket& socket() const;
  // Accepts no more connections; the socket stays as it is, for another process that has it. Those
  // that are accepted are served on. Stop then takes up to two seconds, until CivetWeb looks.
  void LeaveSocket();
  // After LeaveSocket: until no connection is left, but no longer than `most`. Those that wait for
  // a thread, and would be cut by Stop without an answer, get one.
  void AwaitClients(std::chrono::milliseconds most);

  // Lets the running requests end, for at most two seconds, then cuts them and closes. May be
  // called again.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
