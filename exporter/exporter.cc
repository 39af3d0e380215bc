#include "exporter/exporter.h"

#include <signal.h>

#include <charconv>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "common/cpu.h"
#include "common/intake.h"
#include "common/line_judge.h"
#include "common/log.h"
#include "common/on_all.h"
#include "common/promised.h"
#include "common/version.h"
#include "exporter/ring_config.h"
#include "exporter/scrape.h"

namespace weir {
namespace {

using std::chrono::seconds;

// A shard that has not turned its loop for so long is not well.
constexpr seconds kStuckAfter(10);
// How long to wait for a shard to do as it is told.
constexpr seconds kPatience(10);

// The mode as an operator writes it, in octal; what is no number is said and the default taken.
mode_t SocketMode(const std::string& text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error == std::errc() && end == text.data() + text.size()) return mode & 0777;
  LogWarn("--statsd.unixsocket-mode is no octal number, taking 755", {{"mode", text}});
  return 0755;
}

Error About(std::string_view flag, const Error& error) {
  return {std::string(flag) + ": " + error.message};
}

// Once, at the start: a target that moves is found again by a restart.
Result<std::optional<RelayTarget>> ResolveRelay(const ExporterOptions& options) {
  if (options.relay_address.empty()) return std::optional<RelayTarget>();
  const auto address = ParseListenAddress(options.relay_address);
  if (!address) {
    return Error{"--statsd.relay.address: `" + options.relay_address +
                 "` is not where lines can be sent, such as 10.0.0.1:9125 or [::1]:9125"};
  }
  const auto resolved = Resolve(address->host, address->port);
  if (!resolved) return About("--statsd.relay.address", resolved.error());
  return std::optional(RelayTarget{.address = resolved->front(),
                                   .name = options.relay_address,
                                   .packet_length = options.relay_packet_length});
}

}  // namespace

Result<std::shared_ptr<const Mapper>> LoadMapper(const ExporterOptions& options,
                                                 std::vector<std::string>* warnings) {
  const MapperOptions mapper_options = {.default_ttl = options.default_ttl};
  const std::vector<std::string> paths = options.mapping_paths();
  if (paths.empty()) {
    return std::shared_ptr<const Mapper>(std::make_shared<const Mapper>(mapper_options));
  }
  return Mapper::Load(paths,
                      {.strict = options.check_config && options.strict, .mapper = mapper_options},
                      warnings);
}

Exporter::Exporter(const ExporterOptions& options, std::optional<RelayTarget> relay)
    : options_(options),
      exchange_(options.threads),
      loop_(clock_),
      succession_(loop_, options.takeover_path, "weir-exporter",
                  {.open_web = [this] { return OpenWeb(); },
                   .hand_over = [this](const auto& successor) { return GiveSockets(successor); }}) {
  if (options.limits.any()) budget_.emplace(options.limits);
  SeriesBudget* const budget = budget_ ? &*budget_ : nullptr;
  const ShardOptions shard_options = {
      .ingest = {.parser = options.parser()},
      .table = {.set_window = options.set_window, .budget = budget},
      .relay = std::move(relay),
  };
  const std::vector<std::string> names = self_metrics_.Names();
  for (uint32_t id = 0; id < options.threads; ++id) {
    shards_.push_back(std::make_unique<Shard>(shard_options, id, &exchange_, clock_));
    for (const std::string& name : names) shards_.back()->Reserve(name);
  }
  self_metrics_.SetBudget(budget);
  self_metrics_.SetRelayTarget(options.relay_address);
}

Exporter::~Exporter() = default;

Result<std::unique_ptr<Exporter>> Exporter::Create(const ExporterOptions& options) {
  auto relay = ResolveRelay(options);
  if (!relay) return relay.error();
  std::unique_ptr<Exporter> exporter(new Exporter(options, std::move(*relay)));
  for (auto open : {&Exporter::Configure, &Exporter::OpenStorage, &Exporter::JoinRing,
                    &Exporter::AdoptSockets, &Exporter::OpenListeners, &Exporter::OpenConsole,
                    &Exporter::OpenWebGate, &Exporter::OpenHttpIntake}) {
    if (const Result<Done> opened = (exporter.get()->*open)(); !opened) {
      return exporter->succession_.sockets().Explain(opened.error());
    }
  }
  const auto opened = exporter->succession_.OpenRest(options.web_listen_address);
  if (!opened) return opened.error();
  return exporter;
}

Result<Done> Exporter::Configure() {
  // Before the files are read: what changes from here on is seen.
  if (options_.watch_config) WatchConfig();
  std::vector<std::string> warnings;
  auto mapper = LoadMapper(options_, &warnings);
  for (const std::string& warning : warnings) LogWarn("Mapping", {{"warning", warning}});
  if (!mapper) return mapper.error();
  mapper_ = std::move(*mapper);
  self_metrics_.SetLoadedRules(mapper_->rule_count());
  for (const auto& shard : shards_) shard->SetMapper(mapper_);
  return Done{};
}

Result<Done> Exporter::OpenStorage() {
  if (options_.storage.path.empty()) return Done{};
  auto storage = Storage::Open(options_.storage);
  if (!storage) return About("--storage.path", storage.error());
  storage_ = std::move(*storage);
  storage_->Restore(AllShards(), *mapper_);
  self_metrics_.SetStorage([this] { return storage_->report(); });
  return Done{};
}

Result<Done> Exporter::JoinRing() {
  if (!options_.has_ring()) return Done{};
  // Before the file is read: what changes from here on is seen.
  ring_watch_.emplace(loop_, std::vector<std::string>{options_.ring_config_file},
                      [this] { [[maybe_unused]] const auto done = ReloadRing(); });
  for (const std::string& path : ring_watch_->Unwatchable()) {
    LogWarn("Some changes of the ring's configuration will not be seen", {{"why", path}});
  }
  membership_.emplace(
      loop_, MembershipOptions{.self = options_.ring_self, .grace = options_.ring_grace}, health_,
      [this](const std::shared_ptr<const Ownership>& ownership) { SetOwnership(ownership); });
  std::vector<std::string> warnings;
  const auto config = LoadRing(options_, &warnings);
  for (const std::string& warning : warnings) LogWarn("Ring", {{"warning", warning}});
  if (!config) return About("--ring.config-file", config.error());
  membership_->Apply(*config);
  return Done{};
}

void Exporter::SetOwnership(const std::shared_ptr<const Ownership>& ownership) {
  for (const auto& shard : shards_) {
    if (ready_) {
      shard->Post([&shard = *shard, ownership] { shard.SetOwnership(ownership); });
    } else {
      shard->SetOwnership(ownership);
    }
  }
  self_metrics_.SetRing(*ownership);
}

Result<Done> Exporter::OpenListeners() {
  auto guard = Guard::Create(options_.guard, loop_,
                             [this](bool success) { self_metrics_.CountGuardReload(success); });
  if (!guard) return guard.error();
  guard_ = std::move(*guard);
  auto intake = OpenIntake({.addresses = {{options_.listen_udp},
                                          options_.listen_tcp,
                                          options_.listen_unixgram,
                                          options_.listen_unix,
                                          options_.guard.signed_listen_udp},
                            .names = {{"--statsd.listen-udp"},
                                      "--statsd.listen-tcp",
                                      "--statsd.listen-unixgram",
                                      "--statsd.listen-unix",
                                      "--auth.signed.listen-udp"},
                            .unix_mode = SocketMode(options_.unix_socket_mode),
                            .read_buffer = static_cast<int>(options_.read_buffer),
                            .threads = static_cast<int>(options_.threads),
                            .adopted = &succession_.sockets(),
                            .guard = guard_.get()});
  if (!intake) return intake.error();
  for (auto& sockets : *intake) {
    for (size_t i = 0; i < sockets.size(); ++i) {
      shards_[i % shards_.size()]->Attach(std::move(sockets[i]));
    }
  }
  return Done{};
}

// Its lines go to one shard: they keep their order, and one carries more than HTTP brings. It opens
// late, because it answers from then on, and what it has taken is lost when the start fails.
Result<Done> Exporter::OpenHttpIntake() {
  const HttpIntakeOptions& options = options_.http_intake;
  if (!options.enabled()) return Done{};
  auto intake =
      HttpIntake::Start(options, ParsingJudge(options_.parser()), loop_, &succession_.sockets());
  if (!intake) return intake.error();
  http_intake_ = std::move(*intake);
  shards_[0]->Attach(http_intake_->queue());
  self_metrics_.SetHttpIntake([this] { return http_intake_->Report(); });
  return Done{};
}

Result<Done> Exporter::OpenWebGate() {
  auto gate = WebGate::Create(options_.web_config_file, loop_,
                              [this](bool success) { self_metrics_.CountWebReload(success); });
  if (!gate) return gate.error();
  web_gate_ = std::move(*gate);
  return Done{};
}

Result<Done> Exporter::OpenWeb() {
  const WebHooks hooks = {
      .healthy = [this] { return Healthy(); },
      .ready = [this] { return ready_.load(); },
      .reload = [this]() -> Result<Done> {
        auto promised = std::make_shared<Promised<Result<Done>>>();
        loop_.Post([this, promised] { promised->Give(Reload()); });
        auto done = promised->Await(kPatience);
        return done ? *done : Error{"the reload did not end in time"};
      },
      .quit = [this] { End("request", "/-/quit"); },
      .settle = storage_ ? [this] { storage_->Sync(); } : std::function<void()>(),
  };
  web_ = std::make_unique<Web>(WebOptions{.telemetry_path = options_.web_telemetry_path,
                                          .enable_lifecycle = options_.web_enable_lifecycle,
                                          .enable_openmetrics = options_.web_enable_openmetrics},
                               hooks, AllShards(), &self_metrics_, budget_ ? &*budget_ : nullptr);
  HttpServerOptions server_options;
  server_options.listen_address = options_.web_listen_address;
  Web::SetThreads(&server_options);
  web_gate_->Protect(&server_options);
  server_options.adopted = &succession_.sockets();
  auto server = HttpServer::Start(server_options, web_->Routes());
  if (!server) return About("--web.listen-address", server.error());
  http_server_ = std::move(*server);
  LogInfo("Listening", {{"protocol", web_gate_->has_tls() ? "https" : "http"},
                        {"address", http_server_->address()}});
  return Done{};
}

Result<Done> Exporter::OpenConsole() {
  if (options_.admin_listen_address.empty()) return Done{};
  auto console = Console::Open(
      loop_, {.listen_address = options_.admin_listen_address, .adopted = &succession_.sockets()},
      health_);
  if (!console) return About("--admin.listen-address", console.error());
  console_ = std::move(*console);
  console_->Register("stats", [this](std::string_view) { return Stats(); });
  LogInfo("Listening", {{"protocol", "admin"}, {"address", console_->address()}});
  return Done{};
}

void Exporter::WatchConfig() {
  if (options_.mapping_paths().empty()) {
    LogWarn("--watch-config has nothing to watch: no --statsd.mapping-config was given");
    return;
  }
  watch_.emplace(loop_, options_.mapping_paths(),
                 [this] { [[maybe_unused]] const auto done = ReloadRules(); });
  for (const std::string& path : watch_->Unwatchable()) {
    LogWarn("Some changes of the mapping files will not be seen", {{"why", path}});
  }
}

bool Exporter::Healthy() const {
  const int64_t now = clock_.NowNanos();
  for (const auto& shard : shards_) {
    const bool turning = now - shard->last_turn() < kStuckAfter.count() * kNanosPerSecond;
    if (!turning || !shard->listening()) return false;
  }
  return true;
}

void Exporter::End(const char* what, const char* which) {
  LogInfo("Ending", {{what, which}});
  // While all is handed on, its end is near anyway, and must not be cut off.
  if (succession_.successor() == nullptr) loop_.Stop();
}

void Exporter::Run() {
  signal(SIGPIPE, SIG_IGN);
  SignalWatcher terminate(loop_, SIGTERM, [this] { End("signal", "SIGTERM"); });
  SignalWatcher interrupt(loop_, SIGINT, [this] { End("signal", "SIGINT"); });
  SignalWatcher hang_up(loop_, SIGHUP, [this] { [[maybe_unused]] auto done = Reload(); });

  if (storage_) storage_->Start(AllShards());
  if (succession_.has_predecessor()) Inherit();
  for (const auto& shard : shards_) shard->Start();
  ready_ = true;
  LogInfo("Ready", {{"version", kVersion},
                    {"threads", options_.threads},
                    {"usable_cpus", UsableCpuCount()},
                    {"rules", mapper_->rule_count()}});
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
    // First: what it has answered with 200 is in the queue that the shards drain.
    if (http_intake_) http_intake_->Stop();
    DrainShards();
  }
  http_server_.reset();
  console_.reset();
  if (storage_) storage_->Finish();
  for (const auto& shard : shards_) shard->Stop();
}

std::vector<Shard*> Exporter::AllShards() const {
  std::vector<Shard*> shards;
  for (const auto& shard : shards_) shards.push_back(shard.get());
  return shards;
}

void Exporter::DrainShards() {
  OnAll(shards_, kPatience, [](Shard& shard) { shard.DrainSockets(); });
  // What one shard sends, another may have to send on once, when a reload changed its owner.
  for (int round = 0; round < 3; ++round) {
    OnAll(shards_, kPatience, [](Shard& shard) { shard.DrainExchange(); });
  }
  uint64_t lines = 0, samples = 0, applied = 0, kernel_drops = 0;
  for (const ShardReport& report : CollectReports(AllShards(), kPatience)) {
    lines += report.stats.lines;
    samples += report.stats.parse.samples;
    applied += report.stats.applied;
    for (const auto& listener : report.listeners) kernel_drops += listener.kernel_drops;
  }
  LogInfo("Drained", {{"lines", lines},
                      {"samples", samples},
                      {"samples_applied", applied},
                      {"samples_dropped", samples - applied},
                      {"kernel_drops", kernel_drops}});
}

// The first two lines are go-statsd-proxy's; scripts look for "key: value" in the rest.
std::string Exporter::Stats() {
  const auto reports = CollectReports(AllShards(), kPatience);
  uint64_t datagrams = 0;
  for (const ShardReport& report : reports) {
    for (const auto& listener : report.listeners) datagrams += listener.counters.datagrams;
  }
  const int64_t seconds_up = (clock_.NowNanos() - started_) / kNanosPerSecond;
  std::string text = "time running in seconds: " + std::to_string(seconds_up) +
                     "\npackets_received: " + std::to_string(static_cast<double>(datagrams)) + "\n";
  for (const auto& family : self_metrics_.Collect(reports)) {
    for (const auto& metric : family.metric) {
      text += family.name;
      for (const auto& label : metric.label) text += "." + label.value;
      const double value = family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                                          : metric.gauge.value;
      text += ": " + std::to_string(value) + "\n";
    }
  }
  return text + "END\n\n";
}

}  // namespace weir
