#include "router/worker.h"

#include <sys/socket.h>

#include <memory>
#include <string>

#include "tests/support/line_mix.h"
#include "tests/unit/router/worker_fixture.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Fixture = WorkerFixture;

TEST_CASE("each line goes whole, unchanged and in order to the node of its key", "[worker]") {
  Fixture f;
  f.worker.Start();
  LineMix mix(1);
  std::string expected[3];
  KeyReader reader(Placement::kSlots, NameEnd::kFirst, KeyMode::kName);
  Validator validator(ValidationLevel::kStructure);
  uint64_t lines = 0;
  uint64_t good = 0;
  for (int i = 0; i < 500; ++i) {
    std::string datagram;
    for (int k = 0; k < 30; ++k, ++lines) {
      const std::string line = mix.AnyLine();
      datagram += line + (k < 29 ? "\n" : "");
      const std::string_view bare = WithoutCr(line);
      if (bare.empty() || validator.Check(bare)) continue;
      expected[f.OwnerOf(std::string(reader.KeyOf(bare)))].append(bare).append("\n");
      ++good;
    }
    Send(f.client, datagram);
  }
  REQUIRE(Eventually([&] { return f.Report().stats.lines == lines; }));
  f.Drain();
  for (int node = 0; node < 3; ++node) {
    std::string text;
    for (const std::string& datagram : f.targets[node].Datagrams()) {
      REQUIRE((datagram.size() <= 1432 || datagram.find('\n') + 1 == datagram.size()));
      text += datagram;
    }
    CHECK(text == expected[node]);
  }
  CHECK(good > 5000);
  f.CheckLaw();
}

TEST_CASE("a lone line goes by itself after the flush interval", "[worker]") {
  Fixture f;
  f.worker.Start();
  const std::string line = f.NameOf(1) + ":1|c";
  Send(f.client, line);
  std::string text;
  REQUIRE(Eventually([&] { return !(text = f.targets[1].Text()).empty(); }));
  CHECK(text == line + "\n");
}

TEST_CASE("lines that are refused are counted by reason, and spoil no others", "[worker]") {
  Fixture f;
  f.worker.Start();
  const std::string name = f.NameOf(0);
  Send(f.client, "\n" + name + ":1|c\r\nfoo\n:1|c\r\n\r\nfoo:1\n_e{5,4}:x\n" + name + ":2|c\r\n");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 9; }));
  const WorkerStats stats = f.Report().stats;
  CHECK(stats.empty == 3);
  const auto malformed = [&](ParseError e) { return stats.malformed[static_cast<size_t>(e)]; };
  CHECK(malformed(ParseError::kMalformedLine) == 2);
  CHECK(malformed(ParseError::kNotEnoughPartsAfterColon) == 1);
  CHECK(malformed(ParseError::kIllegalEvent) == 1);
  f.Drain();
  CHECK(f.targets[0].Text() == name + ":1|c\n" + name + ":2|c\n");
  f.CheckLaw();
}

TEST_CASE("lines of streams are routed as those of datagrams", "[worker]") {
  Fixture f;
  auto socket = std::move(OpenTcp({"127.0.0.1", 0}).value()[0]);
  const ScopedFd stream = Connect(SOCK_STREAM, socket.address);
  f.worker.Attach(std::move(socket));
  f.worker.Start();
  Send(stream, f.NameOf(2) + ":1|c\n" + f.NameOf(0) + ":1|c\n" + f.NameOf(2) + ":2");
  Send(stream, "|c\n");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 3; }));
  f.Drain();
  CHECK(f.targets[2].Text() == f.NameOf(2) + ":1|c\n" + f.NameOf(2) + ":2|c\n");
  CHECK(f.targets[0].Text() == f.NameOf(0) + ":1|c\n");
}

TEST_CASE("a new ring moves the keys of the dead only", "[worker]") {
  Fixture f;
  f.worker.Start();
  const auto smaller = std::make_shared<Ring>(f.routing.ring->WithLive({true, false, true}));
  f.Do([&] { f.worker.SetRing(smaller, {}); });
  for (size_t node = 0; node < 3; ++node) Send(f.client, f.NameOf(node) + ":1|c");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 3; }));
  f.Drain();
  CHECK(f.targets[1].Text().empty());
  const std::string text = f.targets[0].Text() + f.targets[2].Text();
  for (size_t node = 0; node < 3; ++node) {
    CHECK(text.find(f.NameOf(node) + ":1|c\n") != std::string::npos);
  }
}

TEST_CASE("a dead downstream's lines are held until it lives", "[worker]") {
  Fixture f(OnDown::kHold);
  f.worker.Start();
  f.Do([&] { f.worker.SetRing(f.routing.ring, {false, true, false}); });
  const std::string line = f.NameOf(1) + ":1|c";
  Send(f.client, line);
  REQUIRE(Eventually([&] { return f.Report().lanes[1].held.lines == 1; }));
  f.CheckLaw();
  CHECK(f.targets[1].Text().empty());
  f.Do([&] { f.worker.SetRing(f.routing.ring, {false, false, false}); });
  std::string text;
  REQUIRE(Eventually([&] { return !(text = f.targets[1].Text()).empty(); }));
  CHECK(text == line + "\n");
}

TEST_CASE("what is held for a label follows it to another address", "[worker]") {
  Fixture f(OnDown::kHold);
  f.worker.Start();
  f.Do([&] { f.worker.SetRing(f.routing.ring, {false, true, false}); });
  const std::string line = f.NameOf(1) + ":1|c";
  Send(f.client, line);
  REQUIRE(Eventually([&] { return f.Report().lanes[1].held.lines == 1; }));
  UdpTarget moved;
  Routing next = f.routing;
  next.downstreams[1].address = "moved";
  next.downstreams[1].endpoint = moved.endpoint();
  f.Do([&] { f.worker.SetRouting(next); });
  std::string text;
  REQUIRE(Eventually([&] { return !(text = moved.Text()).empty(); }));
  CHECK(text == line + "\n");
  CHECK(f.Report().lanes[1].address == "moved");
  CHECK(f.targets[1].Text().empty());
  f.CheckLaw();
}

TEST_CASE("a downstream that refuses is told of by its label, and what it lost is counted",
          "[worker]") {
  Fixture f;
  f.routing.downstreams[1].endpoint = [] { return UdpTarget().endpoint(); }();
  f.worker.SetRouting(f.routing);
  f.worker.Start();
  const std::string line = f.NameOf(1) + ":1|c";
  uint64_t sent = 0;
  REQUIRE(Eventually([&] {
    Send(f.client, line);
    ++sent;
    return f.refused > 0;
  }));
  REQUIRE(Eventually([&] { return f.Report().stats.lines == sent; }));
  f.Drain();
  REQUIRE(Eventually([&] {
    return f.Report().lanes[1].counters.dropped_for(DropReason::kRefused).lines == sent;
  }));
  f.worker.Stop();
  CHECK(f.refused_label == "b");
  CHECK(f.refused < 20);
}

TEST_CASE("a reload keeps what stays, ends what goes and loses nothing", "[worker]") {
  Fixture f;
  f.routing.flush_interval = seconds(100);
  f.worker.SetRouting(f.routing);
  f.worker.Start();
  const std::string name[] = {f.NameOf(0), f.NameOf(1), f.NameOf(2)};
  for (const std::string& one : name) Send(f.client, one + ":1|c");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 3; }));
  // b goes; a and c change places.
  Routing next = f.routing;
  next.downstreams = {f.routing.downstreams[2], f.routing.downstreams[0]};
  RingConfig ring;
  ring.nodes = {{"c", "c"}, {"a", "a"}};
  next.ring = std::make_shared<Ring>(ring, LiveSet{true, true});
  f.Do([&] { f.worker.SetRouting(next); });
  CHECK(f.targets[1].Text() == name[1] + ":1|c\n");
  WorkerReport report = f.Report();
  REQUIRE(report.lanes.size() == 2);
  CHECK(report.lanes[0].label == "c");
  CHECK(report.lanes[0].counters.taken_lines == 1);
  CHECK(report.lanes[0].waiting.lines == 1);
  CHECK(report.retired.taken_lines == 1);
  CHECK(report.retired.sent.lines == 1);
  for (const std::string& one : name) Send(f.client, one + ":2|c");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 6; }));
  f.Drain();
  CHECK(f.targets[1].Text().empty());
  const std::string a = f.targets[0].Text();
  const std::string c = f.targets[2].Text();
  CHECK(a.starts_with(name[0] + ":1|c\n"));
  CHECK(a.find(name[0] + ":2|c\n") != a.npos);
  CHECK(c.find(name[2] + ":2|c\n") != c.npos);
  CHECK((a + c).find(name[1] + ":2|c\n") != a.npos);
  f.CheckLaw();
}

TEST_CASE("a downstream that a reload changes goes on counting, as long as its label stays",
          "[worker]") {
  Fixture f;
  f.worker.Start();
  const std::string name = f.NameOf(1);
  Send(f.client, name + ":1|c");
  REQUIRE(Eventually([&] { return f.Report().lanes[1].counters.sent.lines == 1; }));
  Routing next = f.routing;
  next.downstreams[1].queue_bytes = 1;
  f.Do([&] { f.worker.SetRouting(next); });
  CHECK(f.Report().lanes[1].counters.taken_lines == 1);
  CHECK(f.Report().retired.taken_lines == 0);
  Send(f.client, name + ":2|c");
  REQUIRE(Eventually([&] { return f.Report().lanes[1].counters.sent.lines == 2; }));
  f.Do([&] { f.worker.SetRouting(f.routing); });
  CHECK(f.Report().lanes[1].counters.sent.lines == 2);

  // Now the label goes, for good: who is called so later begins anew.
  next = f.routing;
  next.downstreams = {f.routing.downstreams[0]};
  RingConfig ring;
  ring.nodes = {{"a", "a"}};
  next.ring = std::make_shared<Ring>(ring, LiveSet{true});
  f.Do([&] { f.worker.SetRouting(next); });
  CHECK(f.Report().retired.sent.lines == 2);
  f.Do([&] { f.worker.SetRouting(f.routing); });
  CHECK(f.Report().retired.sent.lines == 2);
  CHECK(f.Report().lanes[1].counters.sent.lines == 0);
  f.Drain();
  f.CheckLaw();
}

TEST_CASE("lines of our own go by their key or where they are sent", "[worker]") {
  Fixture f;
  f.worker.Start();
  const std::string line = f.NameOf(1) + ":1|c";
  f.Do([&] {
    f.worker.SendOwn(line);
    f.worker.SendOwnTo(2, line);
  });
  f.Drain();
  CHECK(f.targets[1].Text() == line + "\n");
  CHECK(f.targets[2].Text() == line + "\n");
  CHECK(f.Report().stats.own_lines == 2);
  CHECK(f.Report().stats.lines == 0);
  f.CheckLaw();
}

TEST_CASE("a name that comes to stand for another address takes its lines there", "[worker]") {
  Fixture f;
  f.worker.Start();
  UdpTarget moved;
  f.Do([&] { f.worker.SetEndpoint("b", moved.endpoint()); });
  Send(f.client, f.NameOf(1) + ":1|c");
  REQUIRE(Eventually([&] { return !moved.Text().empty(); }));
}

TEST_CASE("draining reads the sockets, empties TCP queues, and then ends", "[worker]") {
  Fixture f;
  const auto servers = OpenTcp({"127.0.0.1", 0}).value();
  const Endpoint server(SocketAddress::OfSocket(servers[0].fd.get()));
  for (DownstreamSpec& spec : f.routing.downstreams) {
    spec.transport = Transport::kTcp;
    spec.endpoint = server;
  }
  f.worker.SetRouting(f.routing);
  constexpr int kLines = 1000;
  for (int i = 0; i < kLines; ++i) Send(f.client, "n" + std::to_string(i) + ":1|c");
  f.worker.Start();
  f.Drain();
  const WorkerReport report = f.Report();
  CHECK(report.stats.lines == kLines);
  uint64_t sent = 0;
  for (const LaneReport& lane : report.lanes) sent += lane.counters.sent.lines;
  CHECK(sent == kLines);
  f.CheckLaw();
}

TEST_CASE("draining waits no longer than told, and counts what it gives up", "[worker]") {
  Fixture f;
  for (DownstreamSpec& spec : f.routing.downstreams) {
    spec.transport = Transport::kTcp;
    spec.endpoint = Endpoint();
  }
  f.worker.SetRouting(f.routing);
  f.worker.Start();
  Send(f.client, "n:1|c");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 1; }));
  f.Drain(milliseconds(50));
  const WorkerReport report = f.Report();
  uint64_t dropped = 0;
  for (const LaneReport& lane : report.lanes) {
    dropped += lane.counters.dropped_for(DropReason::kDown).lines;
  }
  CHECK(dropped == 1);
  f.CheckLaw();
}

// By what stands before the first dot.
struct FirstWord final : LineKey {
  std::string_view KeyOf(std::string_view line) override { return line.substr(0, line.find('.')); }
};

TEST_CASE("lines may be keyed in another way", "[worker]") {
  Fixture f;
  f.routing.make_line_key = [] { return std::make_unique<FirstWord>(); };
  f.worker.SetRouting(f.routing);
  f.worker.Start();
  const std::string name = f.NameOf(1);
  for (int i = 0; i < 20; ++i) Send(f.client, name + "." + std::to_string(i) + ":1|c");
  REQUIRE(Eventually([&] { return f.Report().stats.lines == 20; }));
  f.Drain();
  CHECK(f.Report().lanes[1].counters.sent.lines == 20);
}

}  // namespace
}  // namespace weir
