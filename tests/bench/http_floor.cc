// weir-http-floor: the least a CivetWeb server can do with a request that has a body, for the HTTP
// intake to be measured against.
//
// Listens on 127.0.0.1, prints {"port": N}, reads every body and answers 200 with "OK". On SIGTERM
// it prints {"requests": N}. Its settings are those of the intake (common/http_server.cc), as far
// as they cost or save time on a kept connection.
#include <civetweb.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<long> requests{0};

int Answer(mg_connection* connection, void*) {
  std::array<char, 4096> body;
  while (mg_read(connection, body.data(), body.size()) > 0) {
  }
  static constexpr char kAnswer[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK";
  mg_write(connection, kAnswer, sizeof kAnswer - 1);
  requests.fetch_add(1, std::memory_order_relaxed);
  return 200;
}

}  // namespace

int main() {
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigprocmask(SIG_BLOCK, &end, nullptr);
  mg_init_library(0);
  const char* options[] = {"listening_ports",
                           "127.0.0.1:0",
                           "num_threads",
                           "64",
                           "enable_keep_alive",
                           "yes",
                           "keep_alive_timeout_ms",
                           "60000",
                           "tcp_nodelay",
                           "1",
                           nullptr};
  mg_context* server = mg_start(nullptr, nullptr, options);
  if (server == nullptr) {
    std::fputs("CivetWeb does not start\n", stderr);
    return 1;
  }
  mg_set_request_handler(server, "/", Answer, nullptr);
  mg_server_port port;
  if (mg_get_server_ports(server, 1, &port) != 1) return 1;
  std::printf("{\"port\": %d}\n", port.port);
  std::fflush(stdout);
  int signal_number;
  sigwait(&end, &signal_number);
  std::printf("{\"requests\": %ld}\n", requests.load());
  std::fflush(stdout);
  std::_Exit(0);
}
