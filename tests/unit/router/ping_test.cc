#include "router/ping.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Texts = std::vector<std::string>;

// All lines of a ping about the nodes.
Texts LinesOf(const Ping& ping, const std::vector<PingNode>& nodes) {
  Texts lines;
  for (const PingLines& part : ping.Lines(nodes)) {
    lines.insert(lines.end(), part.lines.begin(), part.lines.end());
  }
  return lines;
}

// What stands for an address in the names.
std::string NameOfAddress(const std::string& address) {
  const std::string line = LinesOf(Ping("p", "h", 1), {{address, false, {}}}).at(0);
  REQUIRE(line.starts_with("p."));
  REQUIRE(line.ends_with(".traffic:0|c"));
  return line.substr(2, line.size() - 2 - std::string(".traffic:0|c").size());
}

TEST_CASE("a ping has hulu's names, in the order in which hulu's router has them", "[ping]") {
  const Ping ping("PFX", "web1.example.com", 8126);
  const std::vector<PingNode> nodes = {{"10.0.0.1:9125", true, {9, 1234, 5}},
                                       {"node-b:9126", false, {0, 0, 0}},
                                       {"10.0.0.3:9127", true, {0, 18446744073709551615u, 1}}};
  CHECK(LinesOf(ping, nodes) ==
        Texts{"PFX.web1.example.com-8126-10_0_0_1-9125.connections:1|c",
              "PFX.10_0_0_1-9125.connections:1|c", "PFX.10_0_0_1-9125.traffic:1234|c",
              "PFX.10_0_0_1-9125.packets:5|c", "PFX.node-b-9126.traffic:0|c",
              "PFX.node-b-9126.packets:0|c",
              "PFX.web1.example.com-8126-10_0_0_3-9127.connections:1|c",
              "PFX.10_0_0_3-9127.connections:1|c",
              "PFX.10_0_0_3-9127.traffic:18446744073709551615|c", "PFX.10_0_0_3-9127.packets:1|c",
              "PFX.web1.example.com-8126.healthy_downstreams:2|g"});
}

TEST_CASE("connections go to their downstream, packets to where traffic belongs", "[ping]") {
  const std::vector<PingLines> parts =
      Ping("p", "h", 1).Lines(std::vector<PingNode>{{"a:1", false, {}}, {"b:1", true, {}}});
  REQUIRE(parts.size() == 4);
  CHECK_FALSE(parts[0].node);
  CHECK(parts[0].lines == Texts{"p.a-1.traffic:0|c", "p.a-1.packets:0|c"});
  CHECK(parts[1].node == size_t{1});
  CHECK(parts[1].lines == Texts{"p.h-1-b-1.connections:1|c", "p.b-1.connections:1|c"});
  CHECK_FALSE(parts[2].node);
  CHECK_FALSE(parts[3].node);
  CHECK(parts[3].lines == Texts{"p.h-1.healthy_downstreams:1|g"});
}

TEST_CASE("every kind of address makes a part of a name", "[ping]") {
  CHECK(NameOfAddress("10.0.0.1:9125") == "10_0_0_1-9125");
  CHECK(NameOfAddress("statsd-1.example.com:8125") == "statsd-1_example_com-8125");
  CHECK(NameOfAddress("[::1]:8125") == "__1-8125");
  CHECK(NameOfAddress("[fe80::1%eth0]:8125") == "fe80__1_eth0-8125");
  CHECK(NameOfAddress("/run/statsd.sock") == "_run_statsd_sock");
  CHECK(NameOfAddress("@weir") == "_weir");
  CHECK(NameOfAddress("/run/a:b") == "_run_a-b");
  CHECK(NameOfAddress("n\xc3\xa4:1") == "n__-1");
}

TEST_CASE("no configuration spoils a name", "[ping]") {
  const std::string evil = "a:1|c\n b\t|#x@[y],\r";
  const Ping ping(evil, evil, 70000);
  for (const std::string& line : LinesOf(ping, {{evil, true, {}},
                                                {"[", true, {}},
                                                {"", true, {}},
                                                {":", true, {}},
                                                {"[]:", true, {}}})) {
    CAPTURE(line);
    CHECK(line.find_first_of("\n\r\t @#[],") == line.npos);
    CHECK(line.find(':') == line.rfind(':'));
    CHECK(line.find('|') > line.find(':'));
    CHECK(line.starts_with("a_1_c__b___x__y___."));
  }
}

TEST_CASE("an empty prefix leaves no dot, and one of several parts keeps its dots", "[ping]") {
  CHECK(LinesOf(Ping("", "h", 1), {}) == Texts{"h-1.healthy_downstreams:0|g"});
  CHECK(LinesOf(Ping("a.b", "h", 1), {}) == Texts{"a.b.h-1.healthy_downstreams:0|g"});
}

}  // namespace
}  // namespace weir
