// Operations of router/: packing lines, and a worker's whole way from its socket to the wire.
#include <sys/socket.h>

#include <memory>

#include "common/check.h"
#include "common/clock.h"
#include "common/ring.h"
#include "mapping/mapper.h"
#include "router/mapped_key.h"
#include "router/packer.h"
#include "router/worker.h"
#include "tests/bench/bench_lines.h"
#include "tests/bench/operation.h"

namespace weir {
namespace {

constexpr size_t kPacked = BenchLines::kPacked;

Operation PackOperation() {
  struct State {
    std::vector<std::string> lines;
    Packer packer{1432};
  };
  auto state = std::make_shared<State>();
  const BenchLines lines;
  for (size_t i = 0; i < BenchLines::kUsualSeries; ++i) state->lines.push_back(lines.Line(i));
  return {"pack", "line", state->lines.size(), [state] {
            for (const std::string& line : state->lines) {
              if (state->packer.Add(line)) continue;
              state->packer.Pop(state->packer.packets().size());
              WEIR_CHECK(state->packer.Add(line));
            }
          }};
}

BoundSocket UdpSocket(int read_buffer) {
  const auto address = ParseListenAddress("127.0.0.1:0");
  WEIR_CHECK(address.has_value());
  auto sockets = OpenUdp(*address, {.read_buffer = read_buffer});
  WEIR_CHECK(sockets.has_value());
  return std::move(sockets->front());
}

// A worker with three downstreams that nobody reads; what waits in its socket is routed by Drain,
// on the caller's thread, as no loop runs.
class Route {
 public:
  Route(std::vector<std::string> datagrams, Routing routing)
      : datagrams_(std::move(datagrams)), worker_(0, clock_, [](const std::string&) {}) {
    BoundSocket socket = UdpSocket(1 << 20);
    const SocketAddress target = SocketAddress::OfSocket(socket.fd.get());
    client_ = ScopedFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    WEIR_CHECK(connect(client_.get(), target.data(), target.size()) == 0);
    worker_.Attach(std::move(socket));
    RingConfig config;
    for (const char* label : {"a", "b", "c"}) {
      sinks_.push_back(UdpSocket(0));
      const Endpoint endpoint(SocketAddress::OfSocket(sinks_.back().fd.get()));
      routing.downstreams.push_back(
          {.label = label, .address = sinks_.back().address, .endpoint = endpoint});
      config.nodes.push_back({.label = label, .address = sinks_.back().address});
    }
    routing.ring = std::make_shared<const Ring>(config, LiveSet(3, true));
    worker_.SetRouting(routing);
  }

  void Fill() {
    for (const std::string& datagram : datagrams_) {
      const ssize_t sent = send(client_.get(), datagram.data(), datagram.size(), 0);
      WEIR_CHECK(sent == static_cast<ssize_t>(datagram.size()));
    }
    filled_ += datagrams_.size();
  }

  void Drain() {
    worker_.Drain(std::chrono::nanoseconds(0), [] {});
  }

  // All that was filled in has gone through: a pass that loses datagrams measures something else.
  void Check() const {
    WEIR_CHECK(worker_.Report().listeners.front().counters.datagrams == filled_);
  }

 private:
  const std::vector<std::string> datagrams_;
  const FakeClock clock_;
  std::vector<BoundSocket> sinks_;
  ScopedFd client_;
  uint64_t filled_ = 0;
  Worker worker_;
};

Operation RouteOperation(const std::string& name, std::vector<std::string> datagrams,
                         uint64_t lines, Routing routing = {}) {
  auto route = std::make_shared<Route>(std::move(datagrams), std::move(routing));
  return {name, "line", lines, [route] { route->Drain(); },
          [route] {
            route->Check();
            route->Fill();
          }};
}

Routing ByMappedSeries() {
  std::vector<std::string> warnings;
  auto mapper = Mapper::Load({WEIR_SOURCE_DIR "/tests/bench/mapping.yml"}, {}, &warnings);
  WEIR_CHECK(mapper.has_value());
  Routing routing;
  routing.make_line_key = [rules = *mapper] { return MakeMappedKey(rules); };
  return routing;
}

}  // namespace

void AddRouterOperations(Operations* operations) {
  // 60 datagrams or 240: a socket takes them at once, and they make full batches.
  constexpr size_t kPackedLines = 64 * kPacked;
  constexpr size_t kSingleLines = 256;
  const BenchLines plain;
  const BenchLines tagged(true);
  operations->push_back(PackOperation());
  operations->push_back(
      RouteOperation("route.packed", plain.Datagrams(kPackedLines, kPacked), kPackedLines));
  operations->push_back(
      RouteOperation("route.single", plain.Datagrams(kSingleLines, 1), kSingleLines));
  Routing by_series;
  by_series.key = KeyMode::kSeries;
  operations->push_back(RouteOperation("route.series", tagged.Datagrams(kPackedLines, kPacked),
                                       kPackedLines, std::move(by_series)));
  operations->push_back(RouteOperation("route.mapped", tagged.Datagrams(kPackedLines, kPacked),
                                       kPackedLines, ByMappedSeries()));
}

}  // namespace weir
