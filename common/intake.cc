#include "common/intake.h"

#include <utility>

#include "common/log.h"
#include "common/unix_socket.h"

namespace weir {
namespace {

using Sockets = Result<std::vector<BoundSocket>>;

Sockets One(Result<BoundSocket> socket) {
  if (!socket) return socket.error();
  std::vector<BoundSocket> sockets;
  sockets.push_back(std::move(*socket));
  return sockets;
}

Sockets OpenUdpAt(const std::string& text, const IntakeOptions& options) {
  const auto address = ParseListenAddress(text);
  if (!address) return address.error();
  return OpenUdp(*address, {.read_buffer = options.read_buffer, .sockets = options.threads});
}

// One socket, for one memory of what was taken already.
Sockets OpenSignedUdpAt(const std::string& text, const IntakeOptions& options) {
  const auto address = ParseListenAddress(text);
  if (!address) return address.error();
  auto sockets = OpenUdp(*address, {.read_buffer = options.read_buffer});
  if (sockets) sockets->front().transport = Transport::kSignedUdp;
  return sockets;
}

Sockets OpenTcpAt(const std::string& text, const IntakeOptions& options) {
  const auto address = ParseListenAddress(text);
  if (!address) return address.error();
  return OpenTcp(*address, options.threads);
}

Sockets OpenUnixgramAt(const std::string& path, const IntakeOptions& options) {
  return One(OpenUnixDatagram(path, options.unix_mode, options.read_buffer));
}

Sockets OpenUnixAt(const std::string& path, const IntakeOptions& options) {
  return One(OpenUnixStream(path, options.unix_mode));
}

void LogListening(const std::vector<BoundSocket>& sockets) {
  const BoundSocket& first = sockets.front();
  if (first.granted_read_buffer > 0) {
    LogInfo("Listening", {{"protocol", Name(first.transport)},
                          {"address", first.address},
                          {"sockets", sockets.size()},
                          {"read_buffer", first.granted_read_buffer}});
  } else {
    LogInfo("Listening", {{"protocol", Name(first.transport)},
                          {"address", first.address},
                          {"sockets", sockets.size()}});
  }
}

}  // namespace

Result<std::vector<std::vector<BoundSocket>>> OpenIntake(const IntakeOptions& options) {
  struct Opening {
    const std::string& name;
    const std::string& where;
    Sockets (*open)(const std::string& where, const IntakeOptions& options);
  };
  const IntakeAddresses& addresses = options.addresses;
  const IntakeAddresses& names = options.names;
  std::vector<Opening> openings;
  for (const std::string& udp : addresses.udp) openings.push_back({names.udp[0], udp, OpenUdpAt});
  openings.push_back({names.tcp, addresses.tcp, OpenTcpAt});
  openings.push_back({names.unixgram, addresses.unixgram, OpenUnixgramAt});
  openings.push_back({names.unix_stream, addresses.unix_stream, OpenUnixAt});
  openings.push_back({names.signed_udp, addresses.signed_udp, OpenSignedUdpAt});

  std::vector<std::vector<BoundSocket>> intake;
  for (const Opening& opening : openings) {
    if (opening.where.empty()) continue;
    Sockets sockets = opening.open(opening.where, options);
    if (!sockets) return Error{opening.name + ": " + sockets.error().message};
    if (options.guard != nullptr) {
      for (BoundSocket& socket : *sockets) {
        socket.admission = options.guard->For(socket.transport);
      }
    }
    LogListening(*sockets);
    intake.push_back(std::move(*sockets));
  }
  return intake;
}

}  // namespace weir
