#include "router/router.h"

#include <signal.h>

#include <functional>
#include <string_view>
#include <thread>
#include <utility>

#include "common/cpu.h"
#include "common/intake.h"
#include "common/line.h"
#include "common/log.h"
#include "common/promised.h"
#include "common/version.h"
#include "router/commands.h"
#include "router/plan.h"
#include "router/validator.h"

namespace weir {
namespace {

using std::chrono::seconds;

// A worker that has not turned its loop for so long is not well.
constexpr seconds kStuckAfter(10);
// How long to wait for another thread to do as it is told.
constexpr seconds kPatience(10);
// At the end, for what waits in TCP queues and for dead downstreams.
constexpr seconds kDrainLimit(5);

Error About(std::string_view what, const Error& error) {
  return {std::string(what) + ": " + error.message};
}

void LogWarnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) LogWarn("Configuration", {{"warning", warning}});
}

}  // namespace

Result<std::shared_ptr<const Mapper>> LoadRules(const RouterConfig& config, bool strict,
                                                std::vector<std::string>* warnings) {
  if (config.key != KeyKind::kMapped) return std::shared_ptr<const Mapper>();
  return Mapper::Load(config.mapping, {.strict = strict, .mapper = {}}, warnings);
}

Router::Router(const RouterOptions& options)
    : options_(options),
      loop_(clock_),
      service_health_([this] { return Healthy(); }),
      conductor_(loop_, workers_),
      succession_(loop_, options.takeover_path, "weir-router",
                  {.open_web = [this] { return OpenWeb(); },
                   .hand_over = [this](const auto& successor) { return GiveSockets(successor); }}) {
}

// The web server's threads use all the rest.
Router::~Router() { http_server_.reset(); }

Result<std::unique_ptr<Router>> Router::Create(const RouterOptions& options) {
  std::unique_ptr<Router> router(new Router(options));
  for (auto open : {&Router::Configure, &Router::AdoptSockets, &Router::OpenIntake,
                    &Router::OpenConsole, &Router::OpenWebGate, &Router::OpenHttpIntake}) {
    if (const Result<Done> opened = (router.get()->*open)(); !opened) {
      return router->succession_.sockets().Explain(opened.error());
    }
  }
  const auto opened = router->succession_.OpenRest(router->conductor_.config().web);
  if (!opened) return opened.error();
  return router;
}

Result<Done> Router::Configure() {
  // Before the file is read: what changes from here on is seen.
  if (!options_.config_file.empty()) Watch({options_.config_file});
  std::vector<std::string> warnings;
  auto config = LoadRouterConfig(options_, &warnings);
  auto mapper = config ? LoadRules(*config, options_.strict, &warnings) : config.error();
  LogWarnings(warnings);
  if (!mapper) return mapper.error();
  const uint32_t threads =
      config->threads > 0 ? config->threads : static_cast<uint32_t>(UsableCpuCount());
  for (uint32_t id = 0; id < threads; ++id) {
    workers_.push_back(std::make_unique<Worker>(id, clock_, [this](const std::string& label) {
      loop_.Post([this, label] { conductor_.ReportRefusal(label); });
    }));
  }
  validation_ = config->validation;
  conductor_.Apply(*config, std::move(*mapper), false);
  WatchRules();
  return Done{};
}

Result<Done> Router::OpenIntake() {
  const RouterConfig& config = conductor_.config();
  const ListenConfig& listen = config.listen;
  auto guard = Guard::Create(options_.guard, loop_,
                             [this](bool success) { self_metrics_.CountGuardReload(success); });
  if (!guard) return guard.error();
  guard_ = std::move(*guard);
  auto intake =
      weir::OpenIntake({.addresses = {listen.udp, listen.tcp, listen.unixgram, listen.unix_stream,
                                      options_.guard.signed_listen_udp},
                        .names = {{"listen.udp"},
                                  "listen.tcp",
                                  "listen.unixgram",
                                  "listen.unix",
                                  "--auth.signed.listen-udp"},
                        .unix_mode = listen.unix_mode,
                        .read_buffer = static_cast<int>(config.read_buffer),
                        .threads = static_cast<int>(workers_.size()),
                        .adopted = &succession_.sockets(),
                        .guard = guard_.get()});
  if (!intake) return intake.error();
  for (auto& sockets : *intake) {
    const BoundSocket& first = sockets.front();
    if (&sockets == &intake->front() && first.transport <= Transport::kTcp) {
      conductor_.SetDataPort(SocketAddress::OfSocket(first.fd.get()).port());
    }
    for (size_t i = 0; i < sockets.size(); ++i) {
      workers_[i % workers_.size()]->Attach(std::move(sockets[i]));
    }
  }
  return Done{};
}

// Its lines go to one worker: they keep their order, and one carries more than HTTP brings. It
// opens late, because it answers from then on, and what it has taken is lost when the start fails.
Result<Done> Router::OpenHttpIntake() {
  const HttpIntakeOptions& options = options_.http_intake;
  if (!options.enabled()) return Done{};
  const auto judge = [this](std::string_view lines, const LineTold& told) {
    Validator validator(validation_);
    LineCutter cutter(lines, Framing::kStream);
    std::string_view line;
    while (cutter.Next(&line)) {
      if (line.empty()) continue;
      const auto error = validator.Check(line);
      told(error ? Name(*error) : std::string_view());
    }
  };
  auto intake = HttpIntake::Start(options, judge, loop_, &succession_.sockets());
  if (!intake) return intake.error();
  http_intake_ = std::move(*intake);
  workers_[0]->Attach(http_intake_->queue());
  return Done{};
}

WebHooks Router::HooksOfWeb() {
  // Has the main thread answer one of the web server's.
  const auto ask = [this]<class Answer>(std::function<Answer()> question) {
    auto promised = std::make_shared<Promised<Answer>>();
    loop_.Post([question = std::move(question), promised] { promised->Give(question()); });
    return promised->Await(kPatience);
  };
  return {
      .report = [this, ask]() -> std::optional<RouterReport> {
        auto report = ask(std::function([this] { return Report(); }));
        // Sums that fell would look like a restart.
        return report && report->whole ? std::move(report) : std::nullopt;
      },
      .ready = [this] { return ready_ && conductor_.has_downstreams(); },
      .reload = [this, ask]() -> Result<Done> {
        auto done = ask(std::function([this] { return Reload(); }));
        return done ? *done : Error{"the reload did not end in time"};
      },
      .drain = [this, ask](const std::string& label, bool drained) -> Result<Done> {
        const auto known = ask(std::function(
            [this, label, drained] { return conductor_.SetDrained(label, drained); }));
        if (!known) return Error{"the router did not answer in time"};
        if (!*known) return Error{"there is no downstream `" + label + "`"};
        return Done{};
      },
  };
}

Result<Done> Router::OpenWebGate() {
  auto gate = WebGate::Create(options_.web_config_file, loop_,
                              [this](bool success) { self_metrics_.CountWebReload(success); });
  if (!gate) return gate.error();
  web_gate_ = std::move(*gate);
  return Done{};
}

Result<Done> Router::OpenWeb() {
  const std::string& address = conductor_.config().web;
  if (address.empty()) return Done{};
  web_ = std::make_unique<Web>(HooksOfWeb(), service_health_, &self_metrics_);
  HttpServerOptions server_options;
  server_options.listen_address = address;
  web_gate_->Protect(&server_options);
  server_options.adopted = &succession_.sockets();
  auto server = HttpServer::Start(server_options, web_->Routes());
  if (!server) return About("web.listen", server.error());
  http_server_ = std::move(*server);
  LogInfo("Listening", {{"protocol", web_gate_->has_tls() ? "https" : "http"},
                        {"address", http_server_->address()}});
  return Done{};
}

Result<Done> Router::OpenConsole() {
  const ConsoleConfig& config = conductor_.config().console;
  if (config.listen.empty()) return Done{};
  auto console = Console::Open(
      loop_, {.listen_address = config.listen, .adopted = &succession_.sockets()}, service_health_);
  if (!console) return About("console.listen", console.error());
  console_ = std::move(*console);
  const CommandHooks hooks = {
      .report = [this] { return Report(); },
      .drain = [this](std::string_view label,
                      bool drained) { return conductor_.SetDrained(label, drained); },
  };
  RegisterCommands(config.style, hooks, service_health_, console_.get());
  LogInfo("Listening", {{"protocol", "console"}, {"address", console_->address()}});
  return Done{};
}

void Router::Watch(std::vector<std::string> paths) {
  watched_ = std::move(paths);
  watch_.emplace(loop_, watched_, [this] { [[maybe_unused]] const auto done = ReloadConfig(); });
  for (const std::string& path : watch_->Unwatchable()) {
    LogWarn("Some changes of the configuration will not be seen", {{"why", path}});
  }
}

// Each configuration may have its rules in other files.
void Router::WatchRules() {
  if (options_.config_file.empty()) return;
  std::vector<std::string> paths = {options_.config_file};
  const RouterConfig& config = conductor_.config();
  if (config.key == KeyKind::kMapped) {
    paths.insert(paths.end(), config.mapping.begin(), config.mapping.end());
  }
  if (paths == watched_) return;
  // Not here: this may be a call from the watch that goes. The rules were read before they were
  // watched, so they are read again.
  loop_.Post([this, paths] {
    Watch(paths);
    [[maybe_unused]] const auto done = ReloadConfig();
  });
}

Result<Done> Router::Reload() {
  service_manager_.Reloading();
  const Result<Done> done = ReloadAll();
  service_manager_.Ready();
  return done;
}

Result<Done> Router::ReloadAll() {
  const bool has_intake = http_intake_ && http_intake_->has_files();
  const bool has_config = !options_.config_file.empty();
  if (!has_intake && !has_config && !guard_->has_files() && !web_gate_->has_file()) {
    LogWarn("Nothing to reload: no configuration file was given");
  }
  const Result<Done> intake = has_intake ? http_intake_->Reload() : Done{};
  const Result<Done> guard = guard_->Reload();
  const Result<Done> config = has_config ? ReloadConfig() : Done{};
  const Result<Done> web = web_gate_->Reload();
  for (const Result<Done>* done : {&config, &intake, &guard}) {
    if (!*done) return *done;
  }
  return web;
}

Result<Done> Router::ReloadConfig() {
  std::vector<std::string> warnings;
  auto next = LoadRouterConfig(options_, &warnings);
  auto mapper = next ? LoadRules(*next, options_.strict, &warnings) : next.error();
  LogWarnings(warnings);
  self_metrics_.CountReload(mapper.has_value());
  if (!mapper) {
    LogError("The configuration was not loaded, the old one stays in force",
             {{"error", mapper.error().message}});
    return mapper.error();
  }
  const RouterConfig& now = conductor_.config();
  for (const std::string& key : NeedRestart(now, *next)) {
    LogWarn("A change of this key needs a restart", {{"key", key}});
  }
  conductor_.Apply(AfterReload(now, *next), std::move(*mapper), true);
  validation_ = conductor_.config().validation;
  WatchRules();
  LogInfo("Loaded the configuration", {{"downstreams", conductor_.config().downstreams.size()}});
  return Done{};
}

bool Router::Healthy() const {
  const int64_t now = clock_.NowNanos();
  for (const auto& worker : workers_) {
    const bool turning = now - worker->last_turn() < kStuckAfter.count() * kNanosPerSecond;
    if (!turning || !worker->listening()) return false;
  }
  return true;
}

RouterReport Router::Report() const {
  RouterReport report;
  report.now_nanos = clock_.NowNanos();
  report.uptime_seconds = (report.now_nanos - started_) / kNanosPerSecond;
  report.up = service_health_.up();
  conductor_.Report(&report);
  if (http_intake_) report.http_intake = http_intake_->Report();
  return report;
}

void Router::Run() {
  signal(SIGPIPE, SIG_IGN);
  const auto end = [this](const char* signal_name) {
    LogInfo("Ending", {{"signal", signal_name}});
    // While all is handed on, its end is near anyway, and must not be cut off.
    if (succession_.successor() == nullptr) loop_.Stop();
  };
  SignalWatcher terminate(loop_, SIGTERM, [&] { end("SIGTERM"); });
  SignalWatcher interrupt(loop_, SIGINT, [&] { end("SIGINT"); });
  SignalWatcher hang_up(loop_, SIGHUP, [this] { [[maybe_unused]] auto done = Reload(); });

  if (succession_.has_predecessor()) Inherit();
  for (const auto& worker : workers_) worker->Start();
  ready_ = true;
  LogInfo("Ready", {{"version", kVersion},
                    {"threads", workers_.size()},
                    {"usable_cpus", UsableCpuCount()},
                    {"downstreams", conductor_.config().downstreams.size()}});
  service_manager_.Ready();
  loop_.Run();

  if (const TakeoverLink* successor = succession_.successor()) {
    console_.reset();
    // The pages are answered meanwhile, with the main thread's help.
    std::thread hand_on([this, successor] { HandOn(*successor); });
    loop_.Run();
    hand_on.join();
  } else {
    service_manager_.Stopping();
    ready_ = false;
    // First: what it has answered with 200 is in the queue that a worker drains.
    if (http_intake_) http_intake_->Stop();
    DrainWorkers();
    LogDrained(Report());
  }
  http_server_.reset();
  console_.reset();
  for (const auto& worker : workers_) worker->Stop();
}

void Router::DrainWorkers() {
  std::vector<std::shared_ptr<Promised<Done>>> drained;
  for (const auto& worker : workers_) {
    drained.push_back(std::make_shared<Promised<Done>>());
    worker->Post([&worker = *worker, promised = drained.back()] {
      worker.Drain(kDrainLimit, [promised] { promised->Give(Done{}); });
    });
  }
  for (const auto& promised : drained) promised->Await(kDrainLimit + kPatience);
}

void Router::LogDrained(const RouterReport& report) const {
  DownstreamCounters sum = report.retired;
  for (const DownstreamReport& downstream : report.downstreams) sum += downstream.lane.counters;
  uint64_t kernel_drops = 0;
  for (const auto& [transport, listener] : report.listeners) kernel_drops += listener.kernel_drops;
  LogInfo("Drained", {{"lines", report.stats.lines},
                      {"lines_sent", sum.forwarded_lines()},
                      {"lines_dropped", sum.dropped_lines()},
                      {"kernel_drops", kernel_drops}});
}

}  // namespace weir
