#include "exporter/options.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/address.h"
#include "common/web_gate.h"

namespace weir {
namespace {

// Shards are counted in one byte; more never paid on any machine there is.
constexpr uint32_t kMostThreads = 255;

void AddWebFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Web");
  flags->Add(
      "web.listen-address", &o->web_listen_address,
      "Address on which metrics and health are served. Without a host: every interface, IPv6 "
      "and IPv4.");
  AddWebConfigFlag(flags, &o->web_config_file);
  flags->Add("web.telemetry-path", &o->web_telemetry_path, "Path of the page with the metrics.");
  flags->Add(
      "web.enable-lifecycle", &o->web_enable_lifecycle,
      "Serve /-/reload and /-/quit, which anybody who reaches the port may then POST to, unless "
      "--web.config.file asks for a password or a certificate.");
  flags->Add(
      "web.enable-openmetrics", &o->web_enable_openmetrics,
      "Offer OpenMetrics 1.0. Prometheus prefers it, and would then see counters whose names "
      "lack _total as untyped.");
}

void AddInputFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("StatsD input");
  flags->Add("statsd.listen-udp", &o->listen_udp,
             "UDP address on which to receive lines. Empty: none.");
  flags->Add("statsd.listen-tcp", &o->listen_tcp,
             "TCP address on which to receive lines. Empty: none.");
  flags->Add("statsd.listen-unixgram", &o->listen_unixgram,
             "Path of a unix datagram socket on which to receive lines; @name is an abstract one. "
             "Empty: none.");
  flags->Add("statsd.listen-unix", &o->listen_unix,
             "Path of a unix stream socket on which to receive lines, plain or in DogStatsD's "
             "length-prefixed frames; @name is an abstract one. Empty: none.");
  flags->Add("statsd.unixsocket-mode", &o->unix_socket_mode,
             "Permissions of the unix sockets' files, in octal.");
  flags->Add(
      "statsd.read-buffer", &o->read_buffer,
      "Receive buffer to ask for, in bytes, for UDP and unix datagrams. It absorbs bursts and "
      "costs memory only while full. What the kernel granted is logged; 0 asks for nothing.",
      int64_t{0}, int64_t{1} << 30);
}

void AddDialectFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("StatsD dialects");
  flags->Add("statsd.parse-dogstatsd-tags", &o->parse_dogstatsd_tags,
             "Read DogStatsD tags (name:1|c|#tag:value).");
  flags->Add("statsd.parse-influxdb-tags", &o->parse_influxdb_tags,
             "Read InfluxDB tags (name,tag=value:1|c).");
  flags->Add("statsd.parse-librato-tags", &o->parse_librato_tags,
             "Read Librato tags (name#tag=value:1|c).");
  flags->Add("statsd.parse-signalfx-tags", &o->parse_signalfx_tags,
             "Read SignalFX tags (name[tag=value]:1|c).");
  flags->AddChoice("statsd.container-id", &o->container_id, {"label", "ignore"},
                   "What becomes of a DogStatsD container id (|c:...): the label container_id, or "
                   "nothing.");
  flags->AddChoice("statsd.gauge-sign", &o->gauge_sign, {"relative", "absolute"},
                   "Whether a gauge's value with a sign is added to the gauge (StatsD) or is its "
                   "value (DogStatsD).");
  flags->Add("statsd.set-window", &o->set_window,
             "Over which time a set's distinct members are counted; the gauge shows the last "
             "complete window. 0: sets are refused, as statsd_exporter does.");
}

void AddMappingFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Mapping");
  flags->Add("statsd.mapping-config", &o->mapping_config,
             "Mapping file (YAML), or a directory of such files. Empty: none.");
  flags->Add("statsd.default-ttl", &o->default_ttl,
             "Forget a series this long after its last sample, where the mapping file does not say "
             "otherwise. 0: never.");
  flags->Add(
      "check-config", &o->check_config,
      "Check the mapping files and the others that flags name, say what is wrong or doubtful, "
      "and exit.");
  flags->Add("strict", &o->strict, "With --check-config: unknown keys are errors.");
  flags->Add("watch-config", &o->watch_config,
             "Reload the mapping files when they change, as Kubernetes' mounts do too.");
  flags->Add(
      "explain", &o->explain,
      "Say what becomes of this line, step by step, and exit. Several lines meet in one page.");
  flags->Add("debug.dump-fsm", &o->dump_fsm,
             "Write the compiled glob rules to this file, for Graphviz.");
}

void AddRelayFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Relay");
  flags->Add(
      "statsd.relay.address", &o->relay_address,
      "UDP address to which every received line is sent on, before it is parsed. Empty: none.");
  flags->Add("statsd.relay.packet-length", &o->relay_packet_length,
             "Longest datagram sent to the relay's target, in bytes. Longer lines are not relayed.",
             uint32_t{0}, uint32_t{65507});
}

void AddRingFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Ring");
  flags->Add("ring.config-file", &o->ring_config_file,
             "Configuration of the routers in front. By their placement and probes, gauges, sets "
             "and quantiles that belong to another live node are let go. Read again by SIGHUP and "
             "when it changes. Empty: every series is kept.");
  flags->Add("ring.self", &o->ring_self, "Label of the downstream there that this exporter is.");
  flags->Add("ring.grace", &o->ring_grace,
             "How long a series must have belonged to another live node, and got no sample, before "
             "it is let go. Longer than a death takes to be noticed by the routers' probes.");
}

void AddLimitFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Limits");
  flags->Add("limit.series", &o->limits.series,
             "Series there may be. Beyond, counters, timers and histograms of a name that has "
             "series are added up in one of it, labelled overflow=\"true\"; gauges, sets and new "
             "names are dropped and counted. 0: no limit.",
             uint64_t{0});
  flags->Add("limit.series-per-family", &o->limits.per_family,
             "Series there may be of one name, after mapping; beyond, as above. 0: no limit.",
             uint64_t{0});
  flags->Add("limit.series-per-listener", &o->limits.per_listener,
             "Series there may be whose first sample came by one kind of listener: udp, tcp, "
             "unixgram, unix, http or signed-udp; beyond, as above. 0: no limit.",
             uint64_t{0});
  flags->AddSize("limit.memory", &o->limits.memory,
                 "Memory that all series may take. New ones are refused as above when it is "
                 "nearly used, what is there lives on and may grow. Not counted are buffers, pages "
                 "and the program itself: leave it a third more. 0: no limit.");
}

void AddStorageFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Storage");
  flags->Add("storage.path", &o->storage.path,
             "Directory in which series survive restarts and crashes: what a page shows is on disk "
             "before the page is whole. One process each. Empty: nothing is stored.");
  flags->Add(
      "storage.interval", &o->storage.interval,
      "Between snapshots of all series. In a crash only samples are lost that are newer than "
      "the last page and the last snapshot.");
}

void AddProcessFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Process");
  flags->Add("threads", &o->threads,
             "Threads that receive and aggregate. One carries about a million datagrams or seven "
             "million lines a second; more help only when several clients send that much.",
             uint32_t{1}, kMostThreads);
  flags->Add("admin.listen-address", &o->admin_listen_address,
             "TCP address of the text admin port (health, ping, stats, help, quit), which StatsD "
             "routers can probe. Empty: none.");
  flags->Add(
      "takeover.path", &o->takeover_path,
      "Path of a unix socket by which the next weir-exporter that is started with it takes over "
      "from the one that runs: its sockets, its connections and its series, without a lost "
      "line. Empty: none.");
  flags->Add("log.level", &o->log_level,
             "Log messages of this level and above: debug, info, warn or error, in any case of "
             "letters. debug also logs incoming lines.");
  flags->AddChoice("log.format", &o->log_format, {"logfmt", "json"}, "Form of log lines.");
}

void AddCompatibilityFlags(FlagSet* flags, ExporterOptions* o) {
  flags->Group("Accepted for statsd_exporter's sake, without effect");
  flags->Add("statsd.cache-size", &o->cache_size,
             "Weir's memo sizes itself by the number of series.");
  flags->AddChoice("statsd.cache-type", &o->cache_type, {"lru", "random"},
                   "Weir's memo has one way to forget.");
  flags->Add("statsd.event-queue-size", &o->event_queue_size,
             "Weir has no queue between receiving and aggregating.");
  flags->Add("statsd.event-flush-threshold", &o->event_flush_threshold, "Weir aggregates at once.");
  flags->Add("statsd.event-flush-interval", &o->event_flush_interval, "Weir aggregates at once.");
  flags->Add("statsd.udp-packet-queue-size", &o->udp_packet_queue_size,
             "Weir's packet queue is the socket's buffer: --statsd.read-buffer.");
}

bool IsOwnPage(std::string_view path) {
  constexpr std::string_view kOwnPages[] = {"/-/healthy", "/-/ready", "/-/reload",
                                            "/-/quit",    "/health",  "/api/v1/top"};
  return std::find(std::begin(kOwnPages), std::end(kOwnPages), path) != std::end(kOwnPages);
}

// Before anything is opened, so that --check-config finds it too.
Result<Done> CheckAddresses(const ExporterOptions& options) {
  if (!ParseListenAddress(options.web_listen_address)) {
    return Error{"--web.listen-address: '" + options.web_listen_address +
                 "' is not host:port, as in :9102 or [::1]:9102"};
  }
  const std::pair<std::string_view, const std::string*> unless_empty[] = {
      {"--statsd.listen-udp", &options.listen_udp},
      {"--statsd.listen-tcp", &options.listen_tcp},
      {"--auth.signed.listen-udp", &options.guard.signed_listen_udp},
      {"--admin.listen-address", &options.admin_listen_address},
  };
  for (const auto& [flag, text] : unless_empty) {
    if (text->empty()) continue;
    const auto address = ParseListenAddress(*text);
    if (!address) return Error{std::string(flag) + ": " + address.error().message};
  }
  return Done{};
}

}  // namespace

std::vector<std::string> ExporterOptions::mapping_paths() const {
  std::vector<std::string> paths;
  for (const std::string& path : mapping_config) {
    if (!path.empty()) paths.push_back(path);
  }
  return paths;
}

std::vector<std::string> ExporterOptions::without_effect() const {
  const ExporterOptions usual;
  std::vector<std::string> flags;
  const auto add = [&](bool differs, std::string_view flag) {
    if (differs) flags.emplace_back(flag);
  };
  add(cache_size != usual.cache_size, "statsd.cache-size");
  add(cache_type != usual.cache_type, "statsd.cache-type");
  add(event_queue_size != usual.event_queue_size, "statsd.event-queue-size");
  add(event_flush_threshold != usual.event_flush_threshold, "statsd.event-flush-threshold");
  add(event_flush_interval != usual.event_flush_interval, "statsd.event-flush-interval");
  add(udp_packet_queue_size != usual.udp_packet_queue_size, "statsd.udp-packet-queue-size");
  return flags;
}

ParserOptions ExporterOptions::parser() const {
  return {.dogstatsd = parse_dogstatsd_tags,
          .influxdb = parse_influxdb_tags,
          .librato = parse_librato_tags,
          .signalfx = parse_signalfx_tags,
          .container_id = container_id == "label",
          .sets = set_window.count() > 0,
          .relative_gauges = gauge_sign == "relative"};
}

LogOptions ExporterOptions::log() const {
  LogOptions log;
  log.level = http_intake.verbose ? LogLevel::kDebug : *ParseLogLevel(log_level);
  log.format = log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  return log;
}

void AddExporterFlags(FlagSet* flags, ExporterOptions* options) {
  AddWebFlags(flags, options);
  AddInputFlags(flags, options);
  AddDialectFlags(flags, options);
  AddHttpIntakeFlags(flags, &options->http_intake);
  AddGuardFlags(flags, &options->guard);
  AddMappingFlags(flags, options);
  AddRelayFlags(flags, options);
  AddRingFlags(flags, options);
  AddLimitFlags(flags, options);
  AddStorageFlags(flags, options);
  AddProcessFlags(flags, options);
  AddCompatibilityFlags(flags, options);
}

Result<Done> Validate(const ExporterOptions& options) {
  if (const auto checked = CheckAddresses(options); !checked) return checked.error();
  if (!options.web_telemetry_path.starts_with('/')) {
    return Error{"--web.telemetry-path: '" + options.web_telemetry_path +
                 "' is no path, it must start with '/'"};
  }
  if (IsOwnPage(options.web_telemetry_path)) {
    return Error{"--web.telemetry-path: '" + options.web_telemetry_path +
                 "' is already another page, choose another path"};
  }
  if (!ParseLogLevel(options.log_level)) {
    return Error{"--log.level: '" + options.log_level +
                 "' is no level, it must be one of debug, info, warn, error"};
  }
  if (options.strict && !options.check_config) {
    return Error{"--strict goes with --check-config: a running exporter takes what it can"};
  }
  if (options.set_window.count() < 0) {
    return Error{"--statsd.set-window: must not be negative"};
  }
  if (options.default_ttl.count() < 0) {
    return Error{"--statsd.default-ttl: must not be negative"};
  }
  if (options.storage.interval < std::chrono::seconds(1)) {
    return Error{"--storage.interval: must be 1s or more"};
  }
  if (!options.takeover_path.empty() && !options.storage.path.empty()) {
    return Error{
        "--takeover.path and --storage.path: a directory belongs to one process, and a takeover "
        "hands the series over itself: give one of them"};
  }
  if (options.ring_grace.count() < 0) return Error{"--ring.grace: must not be negative"};
  if (options.ring_config_file.empty() != options.ring_self.empty()) {
    return Error{
        "--ring.config-file and --ring.self go together: whose configuration it is, and who this "
        "is in it"};
  }
  if (options.listen_udp.empty() && options.listen_tcp.empty() && options.listen_unixgram.empty() &&
      options.listen_unix.empty() && options.guard.signed_listen_udp.empty() &&
      !options.http_intake.enabled()) {
    return Error{
        "At least one of --statsd.listen-udp, --statsd.listen-tcp, --statsd.listen-unixgram, "
        "--statsd.listen-unix, --auth.signed.listen-udp and --http-port must be given"};
  }
  return Validate(options.http_intake);
}

}  // namespace weir
