// What the configuration says of downstreams that are found.
#include <string>

#include "tests/support/router_config.h"

namespace weir {
namespace {

std::string ErrorOfEntry(const std::string& entry) {
  return OnlyError("downstreams:\n- " + entry + "\n");
}

TEST_CASE("an entry with dns, srv or file is a source of downstreams", "[router-config]") {
  const RouterConfig config = GoodConfig(R"(
health_check: {kind: tcp}
downstreams:
- {dns: "a.test:9125", health: ":9126", weight: 3}
- "b:1"
- {srv: _s._udp.test, health: "http://:9102/x", transport: tcp, queue: 1MiB}
- {file: "targets/*.yml", health: ":1", health_kind: http}
)");
  REQUIRE(config.downstreams.size() == 1);
  REQUIRE(config.discover.size() == 3);
  const DiscoverConfig& dns = config.discover[0];
  CHECK(dns.kind == DiscoverKind::kDns);
  CHECK(dns.where == "a.test:9125");
  CHECK(dns.like.weight == 3);
  CHECK(dns.like.health == ":9126");
  CHECK(dns.like.health_kind == HealthKind::kTcp);
  CHECK(dns.like.address.empty());
  CHECK(dns.like.label.empty());
  const DiscoverConfig& srv = config.discover[1];
  CHECK(srv.kind == DiscoverKind::kSrv);
  CHECK(srv.like.health == ":9102");
  CHECK(srv.like.health_path == "/x");
  CHECK(srv.like.transport == Transport::kTcp);
  const DiscoverConfig& file = config.discover[2];
  CHECK(file.kind == DiscoverKind::kFile);
  CHECK(file.like.health_kind == HealthKind::kHttp);
  CHECK(file.like.health_path == "/-/ready");
}

TEST_CASE("sources alone are enough", "[router-config]") {
  CHECK(GoodConfig("downstreams: [{srv: s.test, health: none}]").downstreams.empty());
}

TEST_CASE("an entry says only one way to find downstreams", "[router-config]") {
  CHECK(ErrorOfEntry("{srv: s.test, dns: 'a:1', health: none}") ==
        "f:2:3: a downstream takes only one of `address`, `dns`, `srv` and `file`");
  CHECK(ErrorOfEntry("{address: 'a:1', file: t.yml, health: none}") ==
        "f:2:3: a downstream takes only one of `address`, `dns`, `srv` and `file`");
  CHECK(ErrorOfEntry("{health: none}") ==
        "f:2:3: this downstream has no `address`, such as 10.0.0.1:9125, nor `dns`, `srv` or "
        "`file`");
}

TEST_CASE("what a source is given must be what it asks for", "[router-config]") {
  CHECK(ErrorOfEntry("{dns: a.test, health: none}")
            .starts_with("f:2:9: dns: `a.test` is not name:port"));
  CHECK(ErrorOfEntry("{srv: 's.test:53', health: none}")
            .starts_with("f:2:9: srv: `s.test:53` is not the name of SRV records"));
  CHECK(ErrorOfEntry("{srv: 'a b', health: none}").starts_with("f:2:9: srv: `a b` is not"));
  CHECK(ErrorOfEntry("{srv: '', health: none}").starts_with("f:2:9: srv: `` is not"));
  CHECK(ErrorOfEntry("{file: 'a*/b.yml', health: none}")
            .starts_with("f:2:10: file: `a*/b.yml` is not a path"));
  CHECK(ErrorOfEntry("{file: '', health: none}").starts_with("f:2:10: file: `` is not a path"));
}

TEST_CASE("the health of discovered downstreams is a port, their host is their own",
          "[router-config]") {
  for (const char* health : {"a:9126", "9126", ":", ":0", "http://a:9102/"}) {
    CAPTURE(health);
    CHECK(ErrorOfEntry("{srv: s.test, health: '" + std::string(health) + "'}")
              .starts_with("f:2:25: health: `" + std::string(health) + "` is not a port alone"));
  }
  CHECK(OnlyError("downstreams: [{address: 'a:1', health: ':9126'}]").find("is not host:port") !=
        std::string::npos);
}

TEST_CASE("keys that discovered downstreams cannot have are errors", "[router-config]") {
  CHECK(ErrorOfEntry("{srv: s.test, label: a, health: none}")
            .starts_with("f:2:24: label: downstreams by `srv` are called by their own addresses"));
  CHECK(ErrorOfEntry("{dns: 'a:1', transport: unixgram, health: none}")
            .starts_with("f:2:9: dns: it finds hosts and ports"));
  CHECK(OnlyError("downstreams:\n- {srv: s, health: none}\n- {srv: s, health: none}\n") ==
        "f:3:3: srv: `s` stands in line 2 already");
}

TEST_CASE("a source without a probe is worth a warning", "[router-config]") {
  const ReadOutcome outcome = ReadConfig("downstreams: [{srv: s.test}]");
  REQUIRE(outcome.warnings.size() == 1);
  CHECK(outcome.warnings[0].starts_with("f:1:15: downstream `s.test` has no health address"));
}

TEST_CASE("the command line's downstreams replace sources too", "[router-config]") {
  ConfigOptions options;
  options.overrides.downstreams = {"a:1"};
  const RouterConfig config = GoodConfig("downstreams: [{srv: s.test, health: none}]", options);
  CHECK(config.discover.empty());
  CHECK(config.downstreams.size() == 1);
}

TEST_CASE("a DNS server is told by its numeric address", "[router-config]") {
  constexpr std::string_view kRest = "\ndownstreams: [{address: 'a:1', health: none}]\n";
  const auto with = [&](const std::string& resolver) {
    return "resolver: " + resolver + std::string(kRest);
  };
  const RouterConfig config = GoodConfig(with("{address: '127.0.0.1:8600', interval: 5s}"));
  CHECK(config.resolver.address == "127.0.0.1:8600");
  CHECK(config.resolver.interval == std::chrono::seconds(5));
  for (const char* address : {"consul:8600", "127.0.0.1", ":53", "127.0.0.1:0"}) {
    CAPTURE(address);
    CHECK(OnlyError(with("{address: '" + std::string(address) + "'}"))
              .starts_with("f:1:21: address: the text `\"" + std::string(address) +
                           "\"` is not the numeric address of a DNS server"));
  }
  CHECK(OnlyError(with("8600")).starts_with("f:1:11: resolver: "));
}

}  // namespace
}  // namespace weir
