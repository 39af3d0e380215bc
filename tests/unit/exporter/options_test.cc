#include "exporter/options.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// The options a command line gives, or why it gives none.
Result<ExporterOptions> Parse(std::vector<const char*> args) {
  args.insert(args.begin(), "weir-exporter");
  ExporterOptions options;
  FlagSet flags("weir-exporter", "Summary.", "version");
  AddExporterFlags(&flags, &options);
  const auto outcome = flags.Parse(static_cast<int>(args.size()), args.data());
  if (!outcome.has_value()) return outcome.error();
  const Result<Done> valid = Validate(options);
  if (!valid.has_value()) return valid.error();
  return options;
}

bool IsRefused(std::vector<const char*> args, std::string_view because) {
  const auto options = Parse(std::move(args));
  return !options.has_value() && options.error().message.find(because) != std::string::npos;
}

TEST_CASE("the defaults are statsd_exporter's", "[options]") {
  ExporterOptions options;
  FlagSet flags("weir-exporter", "Summary.", "version");
  AddExporterFlags(&flags, &options);
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {"web.listen-address", ":9102"},
      {"web.enable-lifecycle", "false"},
      {"web.telemetry-path", "/metrics"},
      {"statsd.listen-udp", ":9125"},
      {"statsd.listen-tcp", ":9125"},
      {"statsd.listen-unixgram", ""},
      {"statsd.unixsocket-mode", "755"},
      {"statsd.mapping-config", ""},
      {"statsd.cache-size", "1000"},
      {"statsd.cache-type", "lru"},
      {"statsd.event-queue-size", "10000"},
      {"statsd.event-flush-threshold", "1000"},
      {"statsd.event-flush-interval", "200ms"},
      {"statsd.udp-packet-queue-size", "10000"},
      {"statsd.parse-dogstatsd-tags", "true"},
      {"statsd.parse-influxdb-tags", "true"},
      {"statsd.parse-librato-tags", "true"},
      {"statsd.parse-signalfx-tags", "true"},
      {"debug.dump-fsm", ""},
      {"check-config", "false"},
      {"log.level", "info"},
      {"log.format", "logfmt"},
  };
  const std::vector<FlagInfo> list = flags.List();
  for (const auto& [name, default_text] : wanted) {
    INFO(name);
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const FlagInfo& flag) { return flag.name == name; });
    REQUIRE(found != list.end());
    CHECK(found->default_text == default_text);
  }
}

TEST_CASE("every flag is explained, in a group, under a name of its own", "[options]") {
  ExporterOptions options;
  FlagSet flags("weir-exporter", "Summary.", "version");
  AddExporterFlags(&flags, &options);
  std::set<std::string> names;
  for (const FlagInfo& flag : flags.List()) {
    INFO(flag.name);
    CHECK(names.insert(flag.name).second);
    if (flag.hidden) continue;
    CHECK(flag.help.ends_with('.'));
    CHECK_FALSE((flag.group.empty() && flag.name.find('.') != std::string::npos));
  }
}

TEST_CASE("no flags give the defaults, and they are valid", "[options]") {
  const auto options = Parse({});
  REQUIRE(options.has_value());
  CHECK(options->listen_udp == ":9125");
  CHECK(options->read_buffer == int64_t{64} << 20);
  CHECK(options->set_window == std::chrono::seconds(10));
  CHECK(options->threads == 1);
  CHECK(options->default_ttl.count() == 0);
  CHECK_FALSE(options->web_enable_openmetrics);
}

TEST_CASE("an empty value is the empty text, and the next argument is its own", "[options]") {
  const auto options = Parse({"--statsd.listen-udp=", "--statsd.listen-tcp=:8125"});
  REQUIRE(options.has_value());
  CHECK(options->listen_udp.empty());
  CHECK(options->listen_tcp == ":8125");
}

TEST_CASE("flags say what the parser is to do", "[options]") {
  const ParserOptions by_default = ExporterOptions().parser();
  CHECK(by_default.dogstatsd);
  CHECK(by_default.influxdb);
  CHECK(by_default.librato);
  CHECK(by_default.signalfx);
  CHECK(by_default.container_id);
  CHECK(by_default.sets);
  CHECK(by_default.relative_gauges);

  const auto all_off = Parse({"--no-statsd.parse-dogstatsd-tags", "--no-statsd.parse-influxdb-tags",
                              "--no-statsd.parse-librato-tags", "--no-statsd.parse-signalfx-tags",
                              "--statsd.container-id=ignore", "--statsd.set-window=0s",
                              "--statsd.gauge-sign=absolute"});
  REQUIRE(all_off.has_value());
  const ParserOptions off = all_off->parser();
  CHECK_FALSE(off.dogstatsd);
  CHECK_FALSE(off.influxdb);
  CHECK_FALSE(off.librato);
  CHECK_FALSE(off.signalfx);
  CHECK_FALSE(off.container_id);
  CHECK_FALSE(off.sets);
  CHECK_FALSE(off.relative_gauges);

  const auto one = Parse({"--no-statsd.parse-librato-tags"});
  REQUIRE(one.has_value());
  CHECK_FALSE(one->parser().librato);
  CHECK(one->parser().influxdb);
}

TEST_CASE("flags say how the log is written", "[options]") {
  CHECK(ExporterOptions().log().level == LogLevel::kInfo);
  CHECK(ExporterOptions().log().format == LogFormat::kLogfmt);
  const auto options = Parse({"--log.level=debug", "--log.format=json"});
  REQUIRE(options.has_value());
  CHECK(options->log().level == LogLevel::kDebug);
  CHECK(options->log().format == LogFormat::kJson);
}

TEST_CASE("a level may be written in any case, as in the peer", "[options]") {
  const auto options = Parse({"--log.level=DEBUG"});
  REQUIRE(options.has_value());
  CHECK(options->log().level == LogLevel::kDebug);
}

TEST_CASE("several mapping files may be given", "[options]") {
  const auto options = Parse({"--statsd.mapping-config=a.yml", "--statsd.mapping-config=b.yml"});
  REQUIRE(options.has_value());
  CHECK(options->mapping_config == std::vector<std::string>{"a.yml", "b.yml"});
}

TEST_CASE("flags that no longer matter are taken with any value the peer takes", "[options]") {
  const auto options =
      Parse({"--statsd.cache-size=0", "--statsd.cache-type=random", "--statsd.event-queue-size=1",
             "--statsd.event-flush-threshold=1", "--statsd.event-flush-interval=1s",
             "--statsd.udp-packet-queue-size=1"});
  CHECK(options.has_value());
}

TEST_CASE("a wrong flag is refused by name", "[options]") {
  CHECK(IsRefused({"--web.telemetry-path=metrics"}, "--web.telemetry-path"));
  CHECK(IsRefused({"--web.telemetry-path="}, "--web.telemetry-path"));
  CHECK(IsRefused({"--statsd.set-window=-1s"}, "set-window"));
  CHECK(IsRefused({"--ring.grace=-1s"}, "ring.grace"));
  CHECK(IsRefused({"--ring.self=a"}, "--ring.config-file and --ring.self go together"));
  CHECK(IsRefused({"--ring.config-file=r.yml"}, "--ring.config-file and --ring.self go together"));
  CHECK(IsRefused({"--log.level=loud"}, "debug"));
  CHECK(IsRefused({"--log.level="}, "debug"));
  CHECK(IsRefused({"--statsd.cache-type=fifo"}, "lru"));
  CHECK(IsRefused({"--statsd.gauge-sign=both"}, "relative"));
  CHECK(IsRefused({"--threads=0"}, "threads"));
  CHECK(IsRefused({"--threads=256"}, "threads"));
  CHECK(IsRefused({"--statsd.read-buffer=-1"}, "read-buffer"));
  CHECK(IsRefused({"--no.such.flag"}, "no.such.flag"));
  CHECK(IsRefused({"position"}, "position"));
}

TEST_CASE("the page cannot be where another one is", "[options]") {
  for (const char* path :
       {"/-/healthy", "/-/ready", "/-/reload", "/-/quit", "/health", "/api/v1/top"}) {
    const std::string flag = std::string("--web.telemetry-path=") + path;
    CHECK(IsRefused({flag.c_str()}, "already another page"));
  }
  CHECK(Parse({"--web.telemetry-path=/"}).has_value());
}

TEST_CASE("there are no limits unless they are set, memory with its unit", "[options]") {
  CHECK_FALSE(ExporterOptions().limits.any());
  const auto options = Parse({"--limit.series=100", "--limit.series-per-family=10",
                              "--limit.series-per-listener=50", "--limit.memory=512MiB"});
  REQUIRE(options.has_value());
  CHECK(options->limits.any());
  CHECK(options->limits.series == 100);
  CHECK(options->limits.per_family == 10);
  CHECK(options->limits.per_listener == 50);
  CHECK(options->limits.memory == uint64_t{512} << 20);
  CHECK(IsRefused({"--limit.series=-1"}, "--limit.series"));
  CHECK(IsRefused({"--limit.memory=1GB"}, "--limit.memory must be a size in bytes"));
}

TEST_CASE("a time to live is not negative", "[options]") {
  CHECK(IsRefused({"--statsd.default-ttl=-1s"}, "--statsd.default-ttl"));
}

TEST_CASE("an empty path of a mapping file is none", "[options]") {
  const auto options =
      Parse({"--statsd.mapping-config=", "--statsd.mapping-config=a.yml", "--check-config"});
  REQUIRE(options.has_value());
  CHECK(options->mapping_paths() == std::vector<std::string>{"a.yml"});
}

TEST_CASE("flags without effect are known when they ask for something", "[options]") {
  CHECK(ExporterOptions().without_effect().empty());
  const auto options = Parse({"--statsd.cache-size=1000", "--statsd.cache-type=random",
                              "--statsd.event-flush-interval=1s"});
  REQUIRE(options.has_value());
  CHECK(options->without_effect() ==
        std::vector<std::string>{"statsd.cache-type", "statsd.event-flush-interval"});
}

TEST_CASE("an address that is none is refused with its flag", "[options]") {
  for (const char* flag : {"--web.listen-address", "--statsd.listen-udp", "--statsd.listen-tcp",
                           "--auth.signed.listen-udp", "--admin.listen-address"}) {
    for (const char* wrong : {"=9125", "=:99999"}) {
      const std::string given = std::string(flag) + wrong;
      CHECK(IsRefused({given.c_str()}, std::string(flag) + ": "));
    }
  }
  CHECK(IsRefused({"--web.listen-address="}, "--web.listen-address: '' is not host:port"));
}

TEST_CASE("something must be listened to", "[options]") {
  CHECK(IsRefused({"--statsd.listen-udp=", "--statsd.listen-tcp="}, "--statsd.listen-unixgram"));
  CHECK(Parse({"--statsd.listen-udp=", "--statsd.listen-tcp=", "--statsd.listen-unix=/x"})
            .has_value());
}

TEST_CASE("strict is for checking only", "[options]") {
  ExporterOptions options;
  options.strict = true;
  CHECK_FALSE(Validate(options).has_value());
  options.check_config = true;
  CHECK(Validate(options).has_value());
}

}  // namespace
}  // namespace weir
