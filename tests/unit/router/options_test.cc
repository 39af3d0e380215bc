#include "router/options.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Texts = std::vector<std::string>;

Result<RouterOptions> Parse(std::vector<const char*> args) {
  args.insert(args.begin(), "/usr/bin/weir-router");
  RouterOptions options;
  FlagSet flags("weir-router", "Summary.", "version");
  AddRouterFlags(&flags, &options);
  const auto outcome =
      ParseRouterFlags(static_cast<int>(args.size()), args.data(), &flags, options);
  if (!outcome.has_value()) return outcome.error();
  return options;
}

std::string Refusal(std::vector<const char*> args) {
  const auto options = Parse(std::move(args));
  return options.has_value() ? "" : options.error().message;
}

TEST_CASE("the configuration file may be given in four ways", "[options]") {
  const std::vector<std::vector<const char*>> lines = {
      {"r.yml"},
      {"-f", "r.yml"},
      {"--config.file=r.yml"},
      {"--config.file", "r.yml"},
      {"--strict", "r.yml", "--check-config"},
      {"--threads", "2", "r.yml"},
      {"-d", "-f", "r.yml"},
      {"-f", "r.yml", "-d"},
      {"r.yml", "--locate", "a"},
  };
  for (const auto& line : lines) {
    CAPTURE(line.size(), line[0]);
    const auto options = Parse(line);
    REQUIRE(options.has_value());
    CHECK(options->config_file == "r.yml");
  }
}

TEST_CASE("no flags but a file change nothing of the file", "[options]") {
  const auto options = Parse({"r.yml"});
  REQUIRE(options.has_value());
  const ConfigOverrides overrides = options->config().overrides;
  CHECK_FALSE(overrides.listen_udp.has_value());
  CHECK_FALSE(overrides.listen_tcp.has_value());
  CHECK_FALSE(overrides.web.has_value());
  CHECK_FALSE(overrides.console.has_value());
  CHECK_FALSE(overrides.placement.has_value());
  CHECK(overrides.downstreams.empty());
  CHECK(overrides.threads == 0);
  CHECK_FALSE(options->config().strict);
  CHECK(options->log().level == LogLevel::kInfo);
}

TEST_CASE("the words behind --locate are names up to the next flag", "[options]") {
  const auto one = Parse({"r.yml", "--locate", "a", "b.c", "--strict", "--locate=d"});
  REQUIRE(one.has_value());
  CHECK(one->locate == Texts{"a", "b.c", "d"});
  CHECK(one->strict);
  const auto odd = Parse({"r.yml", "--locate=-x", "--locate", "y=z", "@w"});
  CHECK_FALSE(odd.has_value());  // @w would be a file of arguments
  CHECK(Refusal({"r.yml", "--locate"}).find("locate") != std::string::npos);
}

TEST_CASE("flags replace what the file says, also by nothing", "[options]") {
  const auto options =
      Parse({"--listen-udp=:1", "--listen-udp", ":2", "--listen-tcp=", "--downstream", "a:1",
             "--downstream=b:2", "--placement", "ketama", "--threads=3",
             "--web.listen-address=", "--console.listen-address", ":4", "--strict"});
  REQUIRE(options.has_value());
  const ConfigOptions config = options->config();
  CHECK(config.strict);
  CHECK(config.overrides.listen_udp == Texts{":1", ":2"});
  CHECK(config.overrides.listen_tcp == "");
  CHECK(config.overrides.web == "");
  CHECK(config.overrides.console == ":4");
  CHECK(config.overrides.downstreams == Texts{"a:1", "b:2"});
  CHECK(config.overrides.placement == Placement::kKetama);
  CHECK(config.overrides.threads == 3);
  std::vector<std::string> warnings;
  const auto loaded = LoadRouterConfig(*options, &warnings);
  REQUIRE(loaded.has_value());
  CHECK(loaded->downstreams.size() == 2);
  CHECK(loaded->listen.tcp.empty());
}

TEST_CASE("an empty UDP address is no UDP listener", "[options]") {
  const auto options = Parse({"--listen-udp=", "--downstream=a:1"});
  REQUIRE(options.has_value());
  std::vector<std::string> warnings;
  const auto loaded = LoadRouterConfig(*options, &warnings);
  REQUIRE(loaded.has_value());
  CHECK(loaded->listen.udp.empty());
}

TEST_CASE("-d is go-statsd-proxy's debug log", "[options]") {
  const auto options = Parse({"-d", "r.json"});
  REQUIRE(options.has_value());
  CHECK(options->log().level == LogLevel::kDebug);
  CHECK(options->log().format == LogFormat::kLogfmt);
}

TEST_CASE("a wrong command line is refused by name", "[options]") {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
      {{}, "weir-router: error: nowhere to send to"},
      {{"--listen-udp=:1"}, "weir-router: error: nowhere to send to"},
      {{"a", "b"}, "weir-router: error: flag 'config.file' cannot be repeated"},
      {{"-f"}, "weir-router: error: expected argument for flag '--config.file'"},
      {{"-f", "a", "b"}, "weir-router: error: flag 'config.file' cannot be repeated"},
      {{"-x", "a"}, "weir-router: error: unknown short flag '-x'"},
      {{"a", "--none"}, "weir-router: error: unknown long flag '--none'"},
      {{"a", "--", "b"}, "weir-router: error: unexpected b"},
      {{"a", "--placement=jump"}, "weir-router: error: enum value must be one of slots,ketama"},
      {{"a", "--threads=256"}, "weir-router: error: --threads must be a whole number"},
      {{"a", "--log.level=loud"}, "weir-router: error: --log.level: 'loud' is no level"},
      {{"a", "--log.format=xml"}, "weir-router: error: enum value must be one of logfmt,json"},
  };
  for (const auto& [args, wanted] : cases) {
    const std::string refusal = Refusal(args);
    CAPTURE(refusal, wanted);
    CHECK(refusal.starts_with(wanted));
  }
}

TEST_CASE("help wins over what is missing", "[options]") {
  RouterOptions options;
  FlagSet flags("weir-router", "Summary.", "version");
  AddRouterFlags(&flags, &options);
  const char* const args[] = {"weir-router", "--help"};
  const auto outcome = ParseRouterFlags(2, args, &flags, options);
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->print.has_value());
  CHECK(outcome->print->find("--downstream") != std::string::npos);
}

TEST_CASE("every flag of the router is explained, in a group", "[options]") {
  RouterOptions options;
  FlagSet flags("weir-router", "Summary.", "version");
  AddRouterFlags(&flags, &options);
  std::set<std::string> names;
  for (const FlagInfo& flag : flags.List()) {
    CAPTURE(flag.name);
    CHECK(names.insert(flag.name).second);
    if (!flag.hidden) CHECK(flag.help.ends_with('.'));
  }
  for (const char* name :
       {"config.file", "check-config", "strict", "print-config", "locate", "listen-udp",
        "listen-tcp", "downstream", "placement", "threads", "web.listen-address",
        "console.listen-address", "log.level", "log.format"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

TEST_CASE("statsd-http-proxy's command line is one downstream and no other listener", "[options]") {
  const auto options =
      Parse({"-http-port=8825", "-statsd-host", "10.0.0.5", "--statsd-port=9000", "-verbose"});
  REQUIRE(options.has_value());
  CHECK(options->proxies_http());
  CHECK(options->log().level == LogLevel::kDebug);
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig(*options, &warnings);
  REQUIRE(config.has_value());
  REQUIRE(config->downstreams.size() == 1);
  CHECK(config->downstreams[0].address == "10.0.0.5:9000");
  CHECK(config->listen.udp.empty());
  CHECK(config->listen.tcp.empty());
}

TEST_CASE("an HTTP intake alone sends to the usual StatsD server", "[options]") {
  const auto alone = Parse({"--http-port=8825"});
  REQUIRE(alone.has_value());
  CHECK(alone->config().overrides.downstreams == Texts{"127.0.0.1:8125"});
  const auto udp = Parse({"--http-port=8825", "--listen-udp=:9125"});
  REQUIRE(udp.has_value());
  CHECK(udp->config().overrides.listen_udp == Texts{":9125"});
}

TEST_CASE("an HTTP intake beside a file or downstreams changes nothing else", "[options]") {
  for (const char* other : {"r.yml", "--downstream=a:1"}) {
    const auto options = Parse({other, "--http-port=8825"});
    REQUIRE(options.has_value());
    CHECK_FALSE(options->proxies_http());
    CHECK_FALSE(options->config().overrides.listen_udp.has_value());
    CHECK(Refusal({other, "--statsd-port=8125"}).find("do not go with") != std::string::npos);
  }
}

}  // namespace
}  // namespace weir
