#include "common/http_server.h"

#include <civetweb.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/check.h"
#include "common/http_tls.h"
#include "common/log.h"
#include "common/own_sockets.h"
#include "common/silence_cutter.h"
#include "common/socket.h"

namespace weir {
namespace {

constexpr size_t kStackBytes = 256 << 10;
// A client slower than response_timeout is noticed between slices, not within one.
constexpr size_t kWriteSlice = 16 << 10;
// An unread body up to this size is read away, a larger one costs the connection.
constexpr int64_t kMaxDiscardedBody = 256 << 10;
constexpr auto kStopGrace = std::chrono::seconds(2);
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

using Clock = std::chrono::steady_clock;

// Threads started while one of these lives have small stacks.
class SmallStacks {
 public:
  SmallStacks() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t small;
    pthread_getattr_default_np(&small);
    pthread_attr_setstacksize(&small, kStackBytes);
    pthread_setattr_default_np(&small);
    pthread_attr_destroy(&small);
  }
  ~SmallStacks() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  SmallStacks(const SmallStacks&) = delete;
  SmallStacks& operator=(const SmallStacks&) = delete;

 private:
  pthread_attr_t before_;
};

class CivetwebConnection final : public HttpConnection {
 public:
  CivetwebConnection(mg_connection* connection, bool may_stay_open, Clock::duration timeout)
      : connection_(connection), may_stay_open_(may_stay_open), timeout_(timeout) {}

  std::optional<std::string_view> Header(const char* name) const override {
    const char* value = mg_get_header(connection_, name);
    if (value == nullptr) return std::nullopt;
    return value;
  }
  size_t HeadBytes() const override {
    constexpr size_t kLineEnds = 4;  // ": " and CRLF
    const mg_request_info& info = *mg_get_request_info(connection_);
    size_t bytes = std::strlen(info.request_uri) + sizeof("OPTIONS  HTTP/1.1\r\n");
    if (info.query_string != nullptr) bytes += std::strlen(info.query_string);
    for (int i = 0; i < info.num_headers; ++i) {
      const mg_header& header = info.http_headers[i];
      bytes += std::strlen(header.name) + std::strlen(header.value) + kLineEnds;
    }
    return bytes;
  }
  int Read(char* buffer, size_t size) override { return mg_read(connection_, buffer, size); }

  bool Write(std::string_view bytes) override {
    if (deadline_ == Clock::time_point()) deadline_ = Clock::now() + timeout_;
    while (!bytes.empty() && !broken_) {
      const size_t size = std::min(bytes.size(), kWriteSlice);
      broken_ = mg_write(connection_, bytes.data(), size) != static_cast<int>(size) ||
                Clock::now() > deadline_;
      bytes.remove_prefix(size);
    }
    if (broken_) CloseAfterResponse();
    return !broken_;
  }

  bool MayStayOpen() const override { return may_stay_open_; }
  void CloseAfterResponse() override { mg_disable_connection_keep_alive(connection_); }

 private:
  mg_connection* const connection_;
  const bool may_stay_open_;
  const Clock::duration timeout_;
  Clock::time_point deadline_;  // from the first write on
  bool broken_ = false;
};

}  // namespace

HttpHandler LimitConcurrency(int limit, HttpHandler handler) {
  const auto running = std::make_shared<std::atomic<int>>(0);
  return
      [limit, running, handler = std::move(handler)](HttpRequest& request, HttpResponse& response) {
        if (running->fetch_add(1) < limit) {
          handler(request, response);
        } else {
          response.Send(503, kPlainText, "too many of these requests are running, try again\n",
                        {{"Retry-After", "1"}});
        }
        running->fetch_sub(1);
      };
}

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, std::vector<HttpRoute> routes, BoundSocket socket)
      : options_(options), socket_(std::move(socket)) {
    for (HttpRoute& route : routes) {
      WEIR_CHECK(routes_.emplace(std::move(route.path), std::move(route.handler)).second);
    }
    const int seconds = static_cast<int>(options_.request_timeout.count() / 1000);
    setsockopt(socket_.fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
    port_ = SocketAddress::OfSocket(socket_.fd.get()).port();
    if (options_.tls != nullptr) tls_.emplace(options_.tls);
  }

  Result<Done> Start();
  // The socket is another process's too: it is left, never shut down.
  void Share() { shared_ = true; }
  void LeaveSocket();
  void AwaitClients(std::chrono::milliseconds most);
  void Stop();

  const BoundSocket& socket() const { return socket_; }
  uint16_t port() const { return port_; }
  const std::string& address() const { return socket_.address; }
  uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }
  int open_connections() const { return held_connections_.load(std::memory_order_relaxed); }
  uint64_t cut_connections() const { return cutter_ ? cutter_->cut() : cut_before_stop_; }

 private:
  static Impl* Of(const mg_context* context) {
    return static_cast<Impl*>(mg_get_user_data(context));
  }
  static Impl* Of(const mg_connection* connection) { return Of(mg_get_context(connection)); }
  static void* OnThread(const mg_context* context, int type);
  bool tls() const { return tls_.has_value(); }
  Result<Done> InitLibrary();
  std::vector<std::string> Settings() const;
  static mg_callbacks Callbacks();
  int Serve(mg_connection* connection);
  void Handle(HttpRequest& request, HttpResponse& response) const;

  const HttpServerOptions options_;
  std::map<std::string, HttpHandler, std::less<>> routes_;
  BoundSocket socket_;
  bool shared_ = false;
  uint16_t port_ = 0;
  mg_context* context_ = nullptr;
  std::promise<bool> socket_replaced_;
  std::optional<HttpTls> tls_;
  std::atomic<int> held_connections_ = 0;
  std::atomic<uint64_t> connections_ = 0;
  std::unique_ptr<SilenceCutter> cutter_;
  uint64_t cut_before_stop_ = 0;

  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;        // requests; guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
};

// CivetWeb calls this on its accepting thread before it first polls its listening socket.
void* HttpServer::Impl::OnThread(const mg_context* context, int type) {
  if (type != 0) return nullptr;
  Impl* self = Of(context);
  mg_server_port opened{};
  const bool found = mg_get_server_ports(context, 1, &opened) == 1;
  bool replaced = false;
  if (found) {
    const auto port = static_cast<uint16_t>(opened.port);
    ForEachTcpSocket(port, [&](int fd, const SocketAddress& local) {
      if (!Listens(fd) || local.ToString() != JoinHostPort("127.0.0.1", port)) return;
      replaced = dup3(self->socket_.fd.get(), fd, O_CLOEXEC) == fd;
    });
  }
  self->socket_replaced_.set_value(replaced);
  return nullptr;
}

Result<Done> HttpServer::Impl::InitLibrary() {
  if (tls()) HttpTls::LoadOpenSsl();
  const unsigned features = tls() ? MG_FEATURES_TLS : MG_FEATURES_DEFAULT;
  if ((mg_init_library(features) & features) == features) return Done{};
  mg_exit_library();
  return Error{"cannot serve HTTPS on " + socket_.address +
               ": there is no OpenSSL that CivetWeb can use; weir-tls/libssl.so and libcrypto.so "
               "belong beside the program, or into ../lib/weir-tls"};
}

std::vector<std::string> HttpServer::Impl::Settings() const {
  return {
      "listening_ports",
      tls() ? "127.0.0.1:0s" : "127.0.0.1:0",
      "num_threads",
      std::to_string(options_.threads),
      "request_timeout_ms",
      std::to_string(options_.request_timeout.count()),
      "enable_keep_alive",
      "yes",
      "keep_alive_timeout_ms",
      std::to_string(options_.keep_alive_timeout.count()),
      "max_request_size",
      std::to_string(options_.max_header_bytes),
      "decode_url",
      options_.raw_paths ? "no" : "yes",
      "tcp_nodelay",
      "1",
      "enable_auth_domain_check",
      "no",
  };
}

mg_callbacks HttpServer::Impl::Callbacks() {
  mg_callbacks callbacks{};
  callbacks.init_thread = &OnThread;
  callbacks.begin_request = [](mg_connection* connection) {
    return Of(connection)->Serve(connection);
  };
  callbacks.init_connection = [](const mg_connection* connection, void**) {
    Of(connection)->held_connections_.fetch_add(1);
    Of(connection)->connections_.fetch_add(1, std::memory_order_relaxed);
    return 0;
  };
  callbacks.connection_close = [](const mg_connection* connection) {
    Of(connection)->held_connections_.fetch_sub(1);
  };
  // Asked for once, and told once more at the end, when it stays ours.
  callbacks.external_ssl_ctx = [](void** context, void* self) {
    *context = static_cast<Impl*>(self)->tls_->context();
    return 1;
  };
  callbacks.log_message = [](const mg_connection*, const char* message) {
    LogDebug("HTTP server", {{"message", message}});
    return 1;
  };
  return callbacks;
}

Result<Done> HttpServer::Impl::Start() {
  if (Result<Done> ready = InitLibrary(); !ready) return ready.error();
  const std::vector<std::string> settings = Settings();
  std::vector<const char*> words;
  for (const std::string& setting : settings) words.push_back(setting.c_str());
  words.push_back(nullptr);
  const mg_callbacks callbacks = Callbacks();
  char text[256] = "";
  mg_init_data init{&callbacks, this, words.data()};
  mg_error_data error{};
  error.text = text;
  error.text_buffer_size = sizeof(text);
  {
    const SmallStacks small_stacks;
    context_ = mg_start2(&init, &error);
  }
  if (context_ == nullptr) {
    mg_exit_library();
    return Error{"cannot serve HTTP on " + socket_.address + ": " + text};
  }
  if (!socket_replaced_.get_future().get()) {
    return Error{"cannot serve HTTP on " + socket_.address + ": the server lost its socket"};
  }
  if (options_.max_silence.count() > 0) {
    cutter_ = std::make_unique<SilenceCutter>(port_, options_.max_silence,
                                              [this] { return open_connections(); });
  }
  return Done{};
}

void HttpServer::Impl::LeaveSocket() {
  if (context_ == nullptr || !socket_.fd.valid()) return;
  // Nobody knows this one's port. It has to listen, or CivetWeb would be told of an error for ever.
  const auto nowhere = OpenTcp({.host = "127.0.0.1", .port = 0});
  ForEachTcpSocket(port_, [&](int fd, const SocketAddress&) {
    if (fd == socket_.fd.get() || !Listens(fd)) return;
    // Without a substitute it goes on accepting, until Stop.
    if (nowhere) dup3(nowhere->front().fd.get(), fd, O_CLOEXEC);
  });
  socket_.fd = ScopedFd();
}

void HttpServer::Impl::AwaitClients(std::chrono::milliseconds most) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;  // an answer is a connection's last
  }
  const auto end = std::chrono::steady_clock::now() + most;
  // CivetWeb counts a connection when a thread has it; the kernel, from the beginning on.
  for (bool any = true; any && std::chrono::steady_clock::now() < end;) {
    any = false;
    ForEachTcpSocket(port_, [&any](int fd, const SocketAddress&) { any = any || !Listens(fd); });
    if (any) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void HttpServer::Impl::Stop() {
  if (context_ == nullptr) return;
  if (shared_) LeaveSocket();
  cut_before_stop_ = cut_connections();
  cutter_.reset();
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    idle_.wait_for(lock, kStopGrace, [this] { return running_ == 0; });
  }
  // CivetWeb's threads look at its stop flag every two seconds, or when their socket wakes them.
  // One that is left to another process must not be shut down: it would be for that one too.
  const bool left = !socket_.fd.valid();
  ForEachTcpSocket(port_, [left](int fd, const SocketAddress&) {
    if (!left || !Listens(fd)) shutdown(fd, SHUT_RDWR);
  });
  mg_stop(std::exchange(context_, nullptr));
  mg_exit_library();
}

int HttpServer::Impl::Serve(mg_connection* connection) {
  bool may_stay_open = held_connections_.load() <= options_.max_idle_connections;
  {
    const std::lock_guard lock(mutex_);
    ++running_;
    may_stay_open = may_stay_open && !stopping_;
  }
  const mg_request_info& info = *mg_get_request_info(connection);
  CivetwebConnection wire(connection, may_stay_open, options_.response_timeout);
  const std::string_view version = info.http_version;
  HttpRequest request(wire, version == "1.0" ? HttpVersion::k10 : HttpVersion::k11,
                      info.request_method, options_.raw_paths ? info.local_uri_raw : info.local_uri,
                      info.query_string == nullptr ? "" : info.query_string);
  HttpResponse response(wire, request);
  Handle(request, response);
  if (response.status() == 0) response.Send(500, kPlainText, "internal server error\n");

  // What is left of the body CivetWeb reads away, unless the connection closes.
  const bool discardable = info.content_length >= 0 && info.content_length <= kMaxDiscardedBody &&
                           !request.Header("Expect");
  if (response.unfinished() || (request.HasUnreadBody() && !discardable)) {
    wire.CloseAfterResponse();
  }
  const std::lock_guard lock(mutex_);
  --running_;
  idle_.notify_all();
  return response.status();
}

void HttpServer::Impl::Handle(HttpRequest& request, HttpResponse& response) const {
  if (options_.gate && !options_.gate(request, response)) return;
  auto route = routes_.find(request.path());
  if (route == routes_.end()) route = routes_.find(std::string_view());
  if (route != routes_.end()) return route->second(request, response);
  response.Send(404, kPlainText, "404 page not found\n");
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      std::vector<HttpRoute> routes) {
  const Result<ListenAddress> address = ParseListenAddress(options.listen_address);
  if (!address) {
    return Error{"bad HTTP listening address: " + options.listen_address +
                 " (write host:port, as in :9102 or [::1]:9102)"};
  }
  const std::string& where = options.listen_address;
  Result<std::vector<BoundSocket>> sockets = std::vector<BoundSocket>();
  if (options.adopted != nullptr) {
    sockets = options.adopted->Take(options.purpose, Transport::kTcp, where);
  }
  const bool shared = !sockets->empty();
  if (sockets->empty()) sockets = OpenTcp(*address);
  if (!sockets) return Error{"HTTP: " + sockets.error().message};
  sockets->front().wanted = WantedAs(options.purpose, where);
  auto impl = std::make_unique<Impl>(options, std::move(routes), std::move(sockets->front()));
  if (shared) impl->Share();
  if (Result<Done> started = impl->Start(); !started) {
    impl->Stop();
    return started.error();
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port(); }
const std::string& HttpServer::address() const { return impl_->address(); }
uint64_t HttpServer::connections() const { return impl_->connections(); }
int HttpServer::open_connections() const { return impl_->open_connections(); }
uint64_t HttpServer::cut_connections() const { return impl_->cut_connections(); }
const BoundSocket& HttpServer::socket() const { return impl_->socket(); }
void HttpServer::LeaveSocket() { impl_->LeaveSocket(); }
void HttpServer::AwaitClients(std::chrono::milliseconds most) { impl_->AwaitClients(most); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace weir
