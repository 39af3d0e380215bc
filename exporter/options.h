// ExporterOptions: everything an operator can tell weir-exporter, with its default.
//
// What each flag does and costs stands once, in options.cc, from where --help, the man page, the
// completions and docs/flags.md come.
// Tested by tests/unit/exporter/options_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/flags.h"
#include "common/guard.h"
#include "common/http_intake_options.h"
#include "common/log.h"
#include "common/parser.h"
#include "exporter/series_budget.h"
#include "exporter/storage/storage_options.h"

namespace weir {

struct ExporterOptions {
  // Web.
  std::string web_listen_address = ":9102";
  std::string web_config_file;
  bool web_enable_lifecycle = false;
  std::string web_telemetry_path = "/metrics";
  bool web_enable_openmetrics = false;

  // StatsD input.
  std::string listen_udp = ":9125";
  std::string listen_tcp = ":9125";
  std::string listen_unixgram;
  std::string listen_unix;
  std::string unix_socket_mode = "755";
  int64_t read_buffer = int64_t{64} << 20;
  bool parse_dogstatsd_tags = true;
  bool parse_influxdb_tags = true;
  bool parse_librato_tags = true;
  bool parse_signalfx_tags = true;
  std::string container_id = "label";   // label | ignore
  std::string gauge_sign = "relative";  // relative | absolute
  std::chrono::nanoseconds set_window = std::chrono::seconds(10);

  HttpIntakeOptions http_intake;
  GuardOptions guard;

  // Mapping.
  std::vector<std::string> mapping_config;
  std::chrono::nanoseconds default_ttl{0};
  bool check_config = false;
  bool strict = false;
  std::string dump_fsm;
  bool watch_config = false;
  std::vector<std::string> explain;

  // Relay.
  std::string relay_address;
  uint32_t relay_packet_length = 1400;

  // Ring.
  std::string ring_config_file;  // empty: every series is ours
  std::string ring_self;
  std::chrono::nanoseconds ring_grace = std::chrono::seconds(30);  // why 30: docs/operations.md

  // 0 for each: no limit.
  SeriesLimits limits;

  StorageOptions storage;  // an empty path: nothing is stored

  // Process.
  uint32_t threads = 1;  // why one: docs/design.md
  std::string admin_listen_address;
  std::string takeover_path;  // empty: nobody takes over, and nobody is taken over
  std::string log_level = "info";
  std::string log_format = "logfmt";

  // Accepted for statsd_exporter's sake; they change nothing here.
  int64_t cache_size = 1000;
  std::string cache_type = "lru";
  uint64_t event_queue_size = 10000;
  int64_t event_flush_threshold = 1000;
  std::chrono::nanoseconds event_flush_interval = std::chrono::milliseconds(200);
  int64_t udp_packet_queue_size = 10000;

  bool has_ring() const { return !ring_config_file.empty(); }
  // Those of mapping_config that name something: statsd_exporter takes an empty path for none.
  std::vector<std::string> mapping_paths() const;
  // The flags of the last group that were given another value than their default.
  std::vector<std::string> without_effect() const;
  ParserOptions parser() const;
  LogOptions log() const;  // REQUIRES: log_level is one
};

// Adds the flags of weir-exporter, bound to `options`, whose values so far are the defaults.
void AddExporterFlags(FlagSet* flags, ExporterOptions* options);

// What single flags can not say for themselves: combinations and forms.
Result<Done> Validate(const ExporterOptions& options);

}  // namespace weir
