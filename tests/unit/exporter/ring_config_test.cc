#include "exporter/ring_config.h"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

constexpr std::string_view kGood =
    "downstreams:\n"
    "- {address: 'h:1', health: 'h:2', label: a}\n"
    "- {address: 'g:1', health: 'g:2', label: b}\n";

class RingConfigTest {
 protected:
  RingConfigTest() {
    options.ring_config_file = directory / "router.yml";
    options.ring_self = "a";
  }

  Result<RouterConfig> Load(std::string_view text) {
    std::ofstream(options.ring_config_file) << text;
    return LoadRing(options, &warnings);
  }
  // The error without the file's name.
  std::string ErrorOf(std::string_view text) {
    const auto config = Load(text);
    if (config) return "none";
    const std::string file = options.ring_config_file + ":";
    REQUIRE(config.error().message.starts_with(file));
    return config.error().message.substr(file.size());
  }

  const TemporaryDirectory directory;
  ExporterOptions options;
  std::vector<std::string> warnings;
};

TEST_CASE_METHOD(RingConfigTest, "a router's configuration is read as a router reads it",
                 "[ring_config]") {
  const auto config = Load(kGood);
  REQUIRE(config.has_value());
  CHECK(config->downstreams.size() == 2);
  CHECK(IndexOf(*config, "b") == 1);
  CHECK(warnings.empty());
  CHECK(ErrorOf("downstreams: [a:1, a:1]\n").find("two downstreams are called") !=
        std::string::npos);
}

TEST_CASE_METHOD(RingConfigTest, "the file of another router will do", "[ring_config]") {
  options.ring_self = "127.0.0.1:8129";
  const auto config = Load(
      "data_port=8125\ncontrol_port=8126\n"
      "downstream=127.0.0.1:8127:8128,127.0.0.1:8129:8130\n");
  REQUIRE(config.has_value());
  CHECK(IndexOf(*config, options.ring_self) == 1);
}

TEST_CASE_METHOD(RingConfigTest, "a label that no downstream has is told with those there are",
                 "[ring_config]") {
  options.ring_self = "exporter-a";
  CHECK(ErrorOf(kGood) ==
        " no downstream has the label `exporter-a` of --ring.self; there are: a, b");
}

TEST_CASE_METHOD(RingConfigTest, "every other downstream must be probed where deaths move keys",
                 "[ring_config]") {
  constexpr const char* kUnprobed =
      "downstreams:\n- {address: 'h:1', health: none, label: a}\n"
      "- {address: 'g:1', health: none, label: b}\n";
  CHECK(ErrorOf(kUnprobed) ==
        " downstream `b` has no `health`, so its death would not be noticed here; give it one");
  for (const char* key : {"on_down: drop\n", "on_down: hold\n", "placement: statsrelay\n"}) {
    CHECK(ErrorOf(std::string(key) + kUnprobed) == "none");
  }
  CHECK(ErrorOf("downstreams:\n- {address: 'h:1', health: none, label: a}\n"
                "- {address: 'g:1', health: 'g:2', label: b}\n") == "none");
}

TEST_CASE_METHOD(RingConfigTest, "the grace is longer than a death or a return takes to be noticed",
                 "[ring_config]") {
  const std::string checks = "health_check: {interval: 3s, timeout: 1s, fall: 2, rise: 3}\n";
  options.ring_grace = std::chrono::seconds(10);
  CHECK(ErrorOf(checks + std::string(kGood)) ==
        " by `health_check` a death or a return may take 10s to be noticed; --ring.grace must be "
        "longer than that, and is 10s");
  options.ring_grace = std::chrono::milliseconds(10'001);
  CHECK(ErrorOf(checks + std::string(kGood)) == "none");
}

TEST_CASE_METHOD(RingConfigTest, "downstreams that are discovered are refused", "[ring_config]") {
  CHECK(ErrorOf("downstreams: [{srv: _statsd._udp.nodes, health: none}]") ==
        " downstreams that are discovered (`_statsd._udp.nodes`) are not followed by "
        "--ring.config-file; list them by `address`");
}

TEST_CASE_METHOD(RingConfigTest, "tags that keys are made of must be read", "[ring_config]") {
  const std::string series = "key: series\n" + std::string(kGood);
  options.parse_librato_tags = false;
  CHECK(ErrorOf(kGood) == "none");
  CHECK(ErrorOf(series).find("`key: series` goes by tags of every dialect") == 1);
  options.parse_librato_tags = true;
  options.container_id = "ignore";
  CHECK(ErrorOf(series) == "none");
}

TEST_CASE_METHOD(RingConfigTest, "rules that keys are made of must be given", "[ring_config]") {
  const std::string mapped = "key: mapped\nmapping: m.yml\n" + std::string(kGood);
  CHECK(ErrorOf(mapped).find("give the same ones by --statsd.mapping-config") != std::string::npos);
  options.mapping_config = {"m.yml"};
  CHECK(ErrorOf(mapped) == "none");
  options.container_id = "ignore";
  CHECK(ErrorOf(mapped).find("--statsd.container-id") != std::string::npos);
}

TEST_CASE_METHOD(RingConfigTest, "with --check-config --strict, suspicions are errors",
                 "[ring_config]") {
  const std::string odd = "oddity: 1\n" + std::string(kGood);
  CHECK(Load(odd).has_value());
  CHECK(warnings.size() == 1);
  options.check_config = options.strict = true;
  CHECK_FALSE(Load(odd).has_value());
}

}  // namespace
}  // namespace weir
