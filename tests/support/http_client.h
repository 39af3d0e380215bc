// An HTTP client that asks once and shows the answer. It asserts nothing, so any thread may ask.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/scoped_fd.h"

namespace weir {

struct HttpAnswer {
  int status = 0;    // zero: there was no answer
  std::string head;  // with the status line, each line ending in CRLF
  std::string body;

  // Of the header `name`, as the server writes it; empty when there is none.
  std::string Header(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    const size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A request without a body, to a server on the loopback; reads until the server closes, which it
// must do within twenty seconds.
inline HttpAnswer Ask(uint16_t port, const std::string& method, const std::string& target,
                      const std::string& headers = "") {
  const ScopedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{20, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return {};
  const std::string request = method + " " + target +
                              " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n" +
                              headers + "\r\n";
  const ssize_t sent = send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) return {};
  std::string received;
  char buffer[65'536];
  for (ssize_t size; (size = recv(fd.get(), buffer, sizeof(buffer), 0)) > 0;) {
    received.append(buffer, static_cast<size_t>(size));
  }
  const size_t head_end = received.find("\r\n\r\n");
  if (head_end == received.npos) return {};
  HttpAnswer answer;
  answer.head = received.substr(0, head_end + 2);
  answer.body = received.substr(head_end + 4);
  answer.status = std::atoi(answer.head.c_str() + sizeof("HTTP/1.1"));
  return answer;
}

}  // namespace weir
