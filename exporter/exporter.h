// Exporter: weir-exporter as a whole: its shards, its pages, its signals.
//
// Create opens everything that can fail for reasons an operator can mend, before any thread runs.
// Run serves until a signal, /-/quit or another process that takes over ends it.
//
// Threads: the main thread runs a loop of its own for signals, reloads and the admin port; shards
// and web server have theirs. Everything public is for the main thread. Tested by
// tests/integration/.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/console.h"
#include "common/event_loop.h"
#include "common/file_watch.h"
#include "common/guard.h"
#include "common/http_intake.h"
#include "common/http_server.h"
#include "common/result.h"
#include "common/service_health.h"
#include "common/service_manager.h"
#include "common/succession.h"
#include "common/telemetry_inherited.h"
#include "common/web_gate.h"
#include "exporter/membership.h"
#include "exporter/options.h"
#include "exporter/self_metrics.h"
#include "exporter/shard.h"
#include "exporter/storage/storage.h"
#include "exporter/web.h"
#include "mapping/mapper.h"

namespace weir {

// The rules of the configured mapping files; none when there are none.
Result<std::shared_ptr<const Mapper>> LoadMapper(const ExporterOptions& options,
                                                 std::vector<std::string>* warnings);

class Exporter {
 public:
  static Result<std::unique_ptr<Exporter>> Create(const ExporterOptions& options);
  ~Exporter();

  // Until told to end; then takes what the sockets still hold.
  void Run();

 private:
  Exporter(const ExporterOptions& options, std::optional<RelayTarget> relay);

  Result<Done> AdoptSockets() { return succession_.Adopt(); }
  Result<Done> OpenListeners();
  Result<Done> OpenWebGate();
  Result<Done> OpenWeb();
  Result<Done> OpenHttpIntake();
  Result<Done> OpenConsole();
  Result<Done> Configure();
  Result<Done> OpenStorage();
  Result<Done> JoinRing();
  void SetOwnership(const std::shared_ptr<const Ownership>& ownership);
  void WatchConfig();
  bool Healthy() const;
  // Says so, and has Run end.
  void End(const char* what, const char* which);
  Result<Done> Reload();
  Result<Done> ReloadAll();
  Result<Done> ReloadRules();
  Result<Done> ReloadRing();
  void DrainShards();
  // Of a successor: awaits what the predecessor leaves, on another thread.
  void Inherit();
  // Of a predecessor: gives the sockets away, then, on another thread than the main one, what was
  // taken and counted.
  bool GiveSockets(const TakeoverLink& successor);
  void HandOn(const TakeoverLink& successor);
  bool SendState(const TakeoverLink& successor);
  std::string Stats();
  std::vector<Shard*> AllShards() const;

  const ExporterOptions options_;
  const SteadyClock clock_;
  const int64_t started_ = clock_.NowNanos();
  std::optional<SeriesBudget> budget_;  // with a limit
  InheritedCounters inherited_;
  SelfMetrics self_metrics_{&inherited_};
  std::shared_ptr<const Mapper> mapper_;
  Exchange exchange_;
  EventLoop loop_;
  std::unique_ptr<HttpIntake> http_intake_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Storage> storage_;  // with --storage.path; ends before the shards
  ServiceManager service_manager_{loop_, [this] { return Healthy(); }};
  std::unique_ptr<Guard> guard_;
  std::atomic<bool> ready_{false};
  ServiceHealth health_{[this] { return Healthy(); }};  // as the admin port tells it
  std::unique_ptr<Web> web_;
  std::unique_ptr<WebGate> web_gate_;
  std::unique_ptr<HttpServer> http_server_;
  std::unique_ptr<Console> console_;
  std::optional<FileWatch> watch_;
  std::optional<Membership> membership_;  // with --ring.config-file
  std::optional<FileWatch> ring_watch_;
  Succession succession_;  // its thread uses all the rest
};

}  // namespace weir
