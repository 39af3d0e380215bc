#include "common/intake.h"

#include <algorithm>
#include <set>
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

struct Opening {
  const std::string& name;
  const std::string& where;
  Transport transport;
  Sockets (*open)(const std::string& where, const IntakeOptions& options);
};

// More threads than the predecessor had. What a service manager passed stays as it is: it belongs
// to another user, who alone may let more sockets have the port.
Sockets WithOneForEachThread(std::vector<BoundSocket> sockets, const IntakeOptions& options) {
  const Transport transport = sockets.front().transport;
  if (transport != Transport::kUdp && transport != Transport::kTcp) return sockets;
  const size_t handed = sockets.size();
  if (const auto grown = GrowGroup(&sockets, options.threads); !grown) return grown.error();
  for (size_t i = handed; i < sockets.size(); ++i) {
    if (transport != Transport::kUdp) break;
    sockets[i].granted_read_buffer = SetReadBuffer(sockets[i].fd.get(), options.read_buffer);
  }
  return sockets;
}

Sockets TakeOrOpen(const Opening& opening, const IntakeOptions& options) {
  if (options.adopted == nullptr) return opening.open(opening.where, options);
  auto adopted =
      options.adopted->Take(opening.name, opening.transport, opening.where, options.read_buffer);
  if (adopted.empty()) return opening.open(opening.where, options);
  if (opening.transport == Transport::kSignedUdp && adopted.size() > 1) {
    return Error{std::to_string(adopted.size()) + " sockets were passed for " + opening.where +
                 ", and what was taken already is remembered for one"};
  }
  LogInfo("Adopted", {{"protocol", Name(opening.transport)}, {"sockets", adopted.size()}});
  if (!options.adopted->handed()) return adopted;
  return WithOneForEachThread(std::move(adopted), options);
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

// Who guards a listener that is not open may mean another one, which lets everybody in.
void WarnOfMissing(const std::set<Transport>& named,
                   const std::vector<std::vector<BoundSocket>>& intake) {
  for (const Transport transport : named) {
    const bool is_open = std::ranges::any_of(intake, [transport](const auto& sockets) {
      return sockets.front().transport == transport;
    });
    if (!is_open) {
      LogWarn("An --auth flag speaks of a listener that is not open",
              {{"listener", Name(transport)}});
    }
  }
}

}  // namespace

Result<std::vector<std::vector<BoundSocket>>> OpenIntake(const IntakeOptions& options) {
  const IntakeAddresses& addresses = options.addresses;
  const IntakeAddresses& names = options.names;
  std::vector<Opening> openings;
  for (const std::string& udp : addresses.udp) {
    openings.push_back({names.udp[0], udp, Transport::kUdp, OpenUdpAt});
  }
  openings.push_back({names.tcp, addresses.tcp, Transport::kTcp, OpenTcpAt});
  openings.push_back({names.unixgram, addresses.unixgram, Transport::kUnixgram, OpenUnixgramAt});
  openings.push_back(
      {names.unix_stream, addresses.unix_stream, Transport::kUnixStream, OpenUnixAt});
  openings.push_back(
      {names.signed_udp, addresses.signed_udp, Transport::kSignedUdp, OpenSignedUdpAt});

  std::vector<std::vector<BoundSocket>> intake;
  for (const Opening& opening : openings) {
    if (opening.where.empty()) continue;
    Sockets sockets = TakeOrOpen(opening, options);
    if (!sockets) return Error{opening.name + ": " + sockets.error().message};
    for (BoundSocket& socket : *sockets) {
      socket.wanted = WantedAs(opening.name, opening.where);
      if (options.guard != nullptr) socket.admission = options.guard->For(socket.transport);
    }
    LogListening(*sockets);
    intake.push_back(std::move(*sockets));
  }
  if (options.guard != nullptr) WarnOfMissing(options.guard->named(), intake);
  return intake;
}

}  // namespace weir
