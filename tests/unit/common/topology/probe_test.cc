#include "common/topology/probe.h"

#include <optional>

#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/scripted_peer.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Long for what is to be heard in time, short for what is to be waited for.
constexpr seconds kLong(15);
constexpr milliseconds kShort(500);

struct Fixture {
  ProbeResult Ask(HealthKind kind, const Endpoint& endpoint, std::chrono::nanoseconds timeout) {
    ProbeSpec spec{kind, endpoint, "node:80", "/-/ready?x=1"};
    std::optional<ProbeResult> result;
    const Probe probe(loop, spec, timeout, [&](ProbeResult given) {
      CHECK_FALSE(result);
      result = given;
    });
    CHECK_FALSE(result);
    REQUIRE(RunUntil(loop, [&] { return result.has_value(); }));
    return *result;
  }
  ProbeResult Ask(Manner manner, const std::string& answer, std::chrono::nanoseconds timeout) {
    const ScriptedPeer peer(loop, manner, answer);
    return Ask(HealthKind::kStatsd, peer.endpoint(), timeout);
  }

  SteadyClock clock;
  EventLoop loop{clock};
};

TEST_CASE("a statsd that says it is up is up, however it says it", "[probe]") {
  Fixture f;
  CHECK(f.Ask(Manner::kAnswer, "health: up\n", kLong) == ProbeResult::kUp);
  CHECK(f.Ask(Manner::kAnswer, "health: up\r\n", kLong) == ProbeResult::kUp);
  CHECK(f.Ask(Manner::kAnswer, "health: up\nEND", kLong) == ProbeResult::kUp);
  CHECK(f.Ask(Manner::kByteWise, "health: up\n", kLong) == ProbeResult::kUp);
}

TEST_CASE("an answer without newline counts at the deadline", "[probe]") {
  Fixture f;
  CHECK(f.Ask(Manner::kAnswer, "health: up", kShort) == ProbeResult::kUp);
  CHECK(f.Ask(Manner::kAnswer, "health: u", kShort) == ProbeResult::kBadAnswer);
}

TEST_CASE("a statsd that says anything else is down", "[probe]") {
  Fixture f;
  for (const char* answer : {"health: down\n", "updog\n", "ERROR\n", "\n", "up\n"}) {
    CAPTURE(answer);
    CHECK(f.Ask(Manner::kAnswer, answer, kLong) == ProbeResult::kBadAnswer);
  }
}

TEST_CASE("ten megabytes without end are not waited for", "[probe]") {
  Fixture f;
  CHECK(f.Ask(Manner::kAnswer, std::string(10'000'000, 'x'), kLong) == ProbeResult::kBadAnswer);
}

TEST_CASE("who says nothing is down", "[probe]") {
  Fixture f;
  CHECK(f.Ask(Manner::kSilent, "", kShort) == ProbeResult::kTimeout);
  CHECK(f.Ask(Manner::kNeverRead, "", kShort) == ProbeResult::kTimeout);
  CHECK(f.Ask(Manner::kClose, "", kLong) == ProbeResult::kClosed);
  CHECK(f.Ask(Manner::kReset, "", kLong) == ProbeResult::kReset);
  CHECK(f.Ask(Manner::kByteWise, std::string(100'000, ' '), kShort) != ProbeResult::kUp);
}

TEST_CASE("a port where nobody listens refuses", "[probe]") {
  Fixture f;
  for (const HealthKind kind : {HealthKind::kStatsd, HealthKind::kHttp, HealthKind::kTcp}) {
    CHECK(f.Ask(kind, DeadEndpoint(f.loop), kLong) == ProbeResult::kRefused);
  }
}

TEST_CASE("a host that swallows connections times out", "[probe]") {
  Fixture f;
  // With its queue full, a listening socket drops what knocks.
  ScopedFd full(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(full.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(listen(full.get(), 0) == 0);
  const Endpoint endpoint(SocketAddress::OfSocket(full.get()));
  std::vector<ScopedFd> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(clients.back().get(), endpoint.data(), endpoint.size());
  }
  CHECK(f.Ask(HealthKind::kTcp, endpoint, kShort) == ProbeResult::kTimeout);
}

TEST_CASE("an address that is not known is unreachable", "[probe]") {
  Fixture f;
  CHECK(f.Ask(HealthKind::kStatsd, Endpoint(), kLong) == ProbeResult::kUnreachable);
}

TEST_CASE("tcp asks for a connection only", "[probe]") {
  Fixture f;
  const ScriptedPeer peer(f.loop, Manner::kNeverRead);
  CHECK(f.Ask(HealthKind::kTcp, peer.endpoint(), kLong) == ProbeResult::kUp);
}

TEST_CASE("http asks for a path and wants a good status", "[probe]") {
  Fixture f;
  ScriptedPeer peer(f.loop, Manner::kAnswer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(f.Ask(HealthKind::kHttp, peer.endpoint(), kLong) == ProbeResult::kUp);
  CHECK(peer.asked().starts_with("GET /-/ready?x=1 HTTP/1.1\r\nHost: node:80\r\n"));
  CHECK(peer.asked().ends_with("\r\n\r\n"));
  peer.Behave(Manner::kAnswer, "HTTP/1.1 503 Unavailable\r\n\r\n");
  CHECK(f.Ask(HealthKind::kHttp, peer.endpoint(), kLong) == ProbeResult::kBadAnswer);
}

TEST_CASE("statsd is asked in one line", "[probe]") {
  Fixture f;
  const ScriptedPeer peer(f.loop);
  f.Ask(HealthKind::kStatsd, peer.endpoint(), kLong);
  CHECK(peer.asked() == "health\n");
}

TEST_CASE("a probe that is destroyed says nothing", "[probe]") {
  Fixture f;
  const ScriptedPeer peer(f.loop);
  bool called = false;
  {
    const Probe probe(f.loop, {HealthKind::kStatsd, peer.endpoint(), "", ""}, kLong,
                      [&](ProbeResult) { called = true; });
  }
  REQUIRE(RunUntil(f.loop, [&] { return peer.connections() == 1; }));
  f.loop.Turn();
  CHECK_FALSE(called);
}

}  // namespace
}  // namespace weir
