#include "router/options.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/address.h"
#include "common/topology/config_scalars.h"
#include "common/web_gate.h"

namespace weir {
namespace {

void AddConfigFlags(FlagSet* flags, RouterOptions* o) {
  flags->Group("Configuration");
  flags->Add("config.file", &o->config_file,
             "The configuration: Weir's YAML, or the file of hulu's statsd-router, go-statsd-proxy "
             "or etsy's proxy.js as it is. Also as a bare FILE, or -f FILE.");
  flags->Add("check-config", &o->check_config,
             "Check the configuration, say what is wrong or doubtful, and exit.");
  flags->Add("strict", &o->strict, "Unknown keys and other suspicions are errors.");
  flags->Add("print-config", &o->print_config,
             "Write the configuration as YAML with every key, flags included, and exit.");
  flags->Add("locate", &o->locate,
             "Say to which downstream this name goes while all are alive, and exit. More names may "
             "follow: --locate a b c. A word with a bar is a whole line.");
}

void AddOverrides(FlagSet* flags, RouterOptions* o) {
  flags->Group("Instead of the configuration file, or over it");
  flags->Add("listen-udp", &o->listen_udp,
             "UDP address on which to receive lines, without a file :8125. Empty: none.");
  flags->Add("listen-tcp", &o->listen_tcp,
             "TCP address on which to receive lines, without a file :8125. Empty: none.");
  flags->Add("downstream", &o->downstream,
             "UDP address of a server to send to, as host:port, without a probe. Together they "
             "replace those of the file.");
  std::vector<std::string> placements;
  for (const std::string_view word : Words<Placement>::kAll) placements.emplace_back(word);
  flags->AddChoice("placement", &o->placement, std::move(placements),
                   "Which downstream a name goes to; without a file slots. The others place names "
                   "as another router does.");
  flags->Add(
      "threads", &o->threads,
      "Threads that receive and send. 0: as the file says, which by default is one per core.",
      uint32_t{0}, kMostThreads);
  flags->Add("web.listen-address", &o->web_listen_address,
             "Address on which metrics, health and the status page are served, by default :9145. "
             "Empty: none.");
  AddWebConfigFlag(flags, &o->web_config_file);
  flags->Add("console.listen-address", &o->console_listen_address,
             "TCP address of the text console (health, stats, status, config, help, quit). Empty: "
             "none.");
}

void AddStatsdFlags(FlagSet* flags, RouterOptions* o) {
  flags->Add("statsd-host", &o->statsd_host,
             "Host of the only downstream, as statsd-http-proxy has it; 127.0.0.1 when another of "
             "its flags is given and no downstream. Nothing but HTTP is listened on then, unless "
             "--listen-udp or --listen-tcp say so.");
  flags->Add("statsd-port", &o->statsd_port, "UDP port of that downstream. 0: 8125.", uint16_t{0},
             uint16_t{65535});
}

void AddProcessFlags(FlagSet* flags, RouterOptions* o) {
  flags->Group("Process");
  flags->Add(
      "takeover.path", &o->takeover_path,
      "Path of a unix socket by which the next weir-router that is started with it takes over "
      "from the one that runs: its sockets, its connections and its counts, without a lost "
      "line. Empty: none.");
}

void AddLogFlags(FlagSet* flags, RouterOptions* o) {
  flags->Group("Log");
  flags->Add("log.level", &o->log_level,
             "Log messages of this level and above: debug, info, warn or error, in any case of "
             "letters. Also -d for debug.");
  flags->AddChoice("log.format", &o->log_format, {"logfmt", "json"}, "Form of log lines.");
}

// A command line in which every word belongs to a flag, as FlagSet wants it.
class Rewriter {
 public:
  explicit Rewriter(const std::vector<FlagInfo>& flags) : flags_(flags) {}

  std::vector<std::string> Rewrite(int argc, const char* const* argv) {
    for (int i = 0; i < argc; ++i) Take(argv[i]);
    return std::move(words_);
  }

 private:
  enum class Expected { kAnything, kValue, kFirstName, kNames, kNothing };

  bool TakesValue(std::string_view flag) const {
    const auto found = std::ranges::find(flags_, flag.substr(2), &FlagInfo::name);
    return found != flags_.end() && found->type != "switch";
  }

  void Take(const std::string& word) {
    const bool is_flag = word.size() > 1 && word[0] == '-';
    const bool is_program = words_.empty();
    if (is_program || expected_ == Expected::kNothing) {
      words_.push_back(word);
    } else if (is_flag) {
      TakeFlag(word);
    } else if (expected_ == Expected::kValue || expected_ == Expected::kFirstName) {
      words_.back() += "=" + word;
      expected_ = expected_ == Expected::kValue ? Expected::kAnything : Expected::kNames;
    } else if (word.starts_with('@')) {
      words_.push_back(word);  // a file of arguments
    } else {
      words_.push_back((expected_ == Expected::kNames ? "--locate=" : "--config.file=") + word);
    }
  }

  // A flag in Go's form, "-name", as "--name".
  std::string WithTwoDashes(const std::string& word) const {
    const std::string name = word.substr(1, word.find('=') - 1);
    const bool known =
        name.size() > 1 && std::ranges::find(flags_, name, &FlagInfo::name) != flags_.end();
    return known ? "-" + word : word;
  }

  void TakeFlag(const std::string& given) {
    const std::string word = WithTwoDashes(given);
    expected_ = Expected::kAnything;
    if (word == "--") {
      expected_ = Expected::kNothing;
    } else if (word == "-d") {
      words_.push_back("--log.level=debug");
      return;
    } else if (word == "-f") {
      words_.push_back("--config.file");
      expected_ = Expected::kValue;
      return;
    } else if (word == "--locate") {
      expected_ = Expected::kFirstName;
    } else if (word.starts_with("--") && TakesValue(word)) {
      expected_ = Expected::kValue;
    }
    words_.push_back(word);
  }

  const std::vector<FlagInfo>& flags_;
  std::vector<std::string> words_;
  Expected expected_ = Expected::kAnything;
};

}  // namespace

bool RouterOptions::proxies_http() const {
  return config_file.empty() && downstream.empty() &&
         (http_intake.enabled() || statsd_host || statsd_port != 0);
}

ConfigOptions RouterOptions::config() const {
  ConfigOptions config;
  config.strict = strict;
  ConfigOverrides& overrides = config.overrides;
  if (!listen_udp.empty()) overrides.listen_udp = listen_udp;
  overrides.listen_tcp = listen_tcp;
  overrides.web = web_listen_address;
  overrides.console = console_listen_address;
  overrides.downstreams = downstream;
  overrides.may_listen_on_nothing = http_intake.enabled();
  if (proxies_http()) {
    const uint16_t port = statsd_port == 0 ? uint16_t{8125} : statsd_port;
    overrides.downstreams = {JoinHostPort(statsd_host.value_or("127.0.0.1"), port)};
    if (http_intake.enabled()) {
      if (listen_udp.empty()) overrides.listen_udp.emplace();
      if (!listen_tcp) overrides.listen_tcp = "";
    }
  }
  if (!placement.empty()) overrides.placement = *ParseWord<Placement>(placement);
  overrides.threads = threads;
  return config;
}

LogOptions RouterOptions::log() const {
  LogOptions log;
  log.level = http_intake.verbose ? LogLevel::kDebug : *ParseLogLevel(log_level);
  log.format = log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  return log;
}

void AddRouterFlags(FlagSet* flags, RouterOptions* options) {
  flags->Operands("[FILE]");
  AddConfigFlags(flags, options);
  AddOverrides(flags, options);
  AddHttpIntakeFlags(flags, &options->http_intake);
  AddStatsdFlags(flags, options);
  AddGuardFlags(flags, &options->guard);
  AddProcessFlags(flags, options);
  AddLogFlags(flags, options);
}

Result<ParseOutcome> ParseRouterFlags(int argc, const char* const* argv, FlagSet* flags,
                                      const RouterOptions& options) {
  const std::vector<FlagInfo> list = flags->List();
  const std::vector<std::string> words = Rewriter(list).Rewrite(argc, argv);
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  auto outcome = flags->Parse(static_cast<int>(pointers.size()), pointers.data());
  if (!outcome || outcome->print) return outcome;
  const std::string path = words.empty() ? "weir-router" : words[0];
  const std::string program = path.substr(path.rfind('/') + 1);
  if (!ParseLogLevel(options.log_level)) {
    return Error{program + ": error: --log.level: '" + options.log_level +
                 "' is no level, it must be one of debug, info, warn, error"};
  }
  if (const auto valid = Validate(options.http_intake); !valid) {
    return Error{program + ": error: " + valid.error().message};
  }
  const bool has_statsd = options.statsd_host || options.statsd_port != 0;
  if (has_statsd && !options.proxies_http()) {
    return Error{program +
                 ": error: --statsd-host and --statsd-port are the only downstream: they do not go "
                 "with a configuration file or --downstream"};
  }
  if (options.config_file.empty() && options.downstream.empty() && !options.proxies_http()) {
    return Error{program +
                 ": error: nowhere to send to: give a configuration FILE, or --downstream "
                 "host:port, try --help"};
  }
  return outcome;
}

Result<RouterConfig> LoadRouterConfig(const RouterOptions& options,
                                      std::vector<std::string>* warnings) {
  return LoadRouterConfig(options.config_file, options.config(), warnings);
}

}  // namespace weir
