// RouterOptions: everything an operator can tell weir-router on the command line.
//
//   weir-router [FILE] [flags]      FILE is the configuration, as with --config.file and -f
//   weir-router FILE --locate a b   the words behind --locate are names, up to the next flag
//
// -f FILE and -d are go-statsd-proxy's; the bare FILE is how hulu's router and proxy.js are
// started. What a flag says replaces what the file says; most settings are the file's alone
// (common/topology/config.h). What each flag does stands once, in options.cc.
// Tested by tests/unit/router/options_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/flags.h"
#include "common/guard.h"
#include "common/http_intake_options.h"
#include "common/log.h"
#include "common/result.h"
#include "common/topology/config.h"

namespace weir {

struct RouterOptions {
  // Configuration.
  std::string config_file;  // empty: none, the flags must do
  bool check_config = false;
  bool strict = false;
  bool print_config = false;
  std::vector<std::string> locate;

  // Overrides of the file; empty or zero: as the file says.
  std::vector<std::string> listen_udp;
  std::optional<std::string> listen_tcp;
  std::optional<std::string> web_listen_address;
  std::string web_config_file;
  std::optional<std::string> console_listen_address;
  std::vector<std::string> downstream;
  std::string placement;
  uint32_t threads = 0;

  HttpIntakeOptions http_intake;
  // The single downstream of statsd-http-proxy's command line; its defaults, 127.0.0.1 and 8125,
  // hold where one of them is given, or an HTTP intake and no downstream at all.
  std::optional<std::string> statsd_host;
  uint16_t statsd_port = 0;
  GuardOptions guard;
  std::string takeover_path;  // empty: nobody takes over, and nobody is taken over

  // Log.
  std::string log_level = "info";
  std::string log_format = "logfmt";

  // As statsd-http-proxy is started: without a file, with an HTTP intake for one StatsD server. It
  // listens on nothing else then, where nothing else is said: that server has the port.
  bool proxies_http() const;
  ConfigOptions config() const;  // REQUIRES: placement is one, or empty
  LogOptions log() const;        // REQUIRES: log_level is one
};

// Adds the flags of weir-router, bound to `options`, whose values so far are the defaults.
void AddRouterFlags(FlagSet* flags, RouterOptions* options);

// Parses a command line with FILE, -f, -d and the names behind --locate, and checks what no flag
// can check alone. `flags` has those of AddRouterFlags, bound to `options`.
Result<ParseOutcome> ParseRouterFlags(int argc, const char* const* argv, FlagSet* flags,
                                      const RouterOptions& options);

// The configuration these options ask for: of the file if there is one, with the overrides. To be
// called again for a reload.
Result<RouterConfig> LoadRouterConfig(const RouterOptions& options,
                                      std::vector<std::string>* warnings);

}  // namespace weir
