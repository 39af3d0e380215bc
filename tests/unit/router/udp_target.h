// UdpTarget: where datagrams go in a test.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "common/socket.h"
#include "common/topology/endpoint.h"
#include "tests/support/catch.h"

namespace weir {

class UdpTarget {
 public:
  explicit UdpTarget(uint16_t port = 0, const std::string& host = "127.0.0.1") {
    sockets_ = OpenUdp({host, port}, {.read_buffer = 16 << 20}).value();
  }

  uint16_t port() const { return SocketAddress::OfSocket(fd()).port(); }
  Endpoint endpoint() const { return Endpoint(SocketAddress::OfSocket(fd())); }

  // What has come since the last question; each datagram is whole.
  std::vector<std::string> Datagrams() {
    std::vector<std::string> datagrams;
    std::string buffer(65'536, '\0');
    for (ssize_t size; (size = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0;) {
      datagrams.push_back(buffer.substr(0, size));
    }
    return datagrams;
  }
  std::string Text() {
    std::string text;
    for (const std::string& datagram : Datagrams()) text += datagram;
    return text;
  }

 private:
  int fd() const { return sockets_[0].fd.get(); }

  std::vector<BoundSocket> sockets_;
};

}  // namespace weir
