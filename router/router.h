// Router: weir-router as a whole: its workers, pages, console and signals.
//
// Create opens everything that can fail for reasons an operator can mend, before any thread runs.
// Run serves until a signal ends it, or another process takes over, then sends what it has taken.
//
// Threads: the main thread runs a loop of its own for signals, reloads, the console and all that
// the Conductor does; workers, resolver and web server have theirs. Everything public is for the
// main thread. Tested by tests/integration/test_router_*.py.
#pragma once

#include <atomic>
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
#include "common/topology/config.h"
#include "common/web_gate.h"
#include "mapping/mapper.h"
#include "router/conductor.h"
#include "router/options.h"
#include "router/router_report.h"
#include "router/self_metrics.h"
#include "router/web.h"
#include "router/worker.h"

namespace weir {

// The rules of `key: mapped`; null for other keys.
Result<std::shared_ptr<const Mapper>> LoadRules(const RouterConfig& config, bool strict,
                                                std::vector<std::string>* warnings);

class Router {
 public:
  static Result<std::unique_ptr<Router>> Create(const RouterOptions& options);
  ~Router();

  // Until told to end; then takes what the sockets still hold and sends it.
  void Run();

 private:
  explicit Router(const RouterOptions& options);

  Result<Done> Configure();
  Result<Done> AdoptSockets() { return succession_.Adopt(); }
  Result<Done> OpenIntake();
  Result<Done> OpenHttpIntake();
  Result<Done> OpenWebGate();
  Result<Done> OpenWeb();
  Result<Done> OpenConsole();
  WebHooks HooksOfWeb();
  void Watch(std::vector<std::string> paths);
  void WatchRules();
  Result<Done> Reload();
  Result<Done> ReloadAll();
  Result<Done> ReloadConfig();
  void DrainWorkers();
  void LogDrained(const RouterReport& report) const;
  // Of a successor: awaits what the predecessor leaves, on another thread.
  void Inherit();
  // Of a predecessor: gives the sockets away, then, on another thread than the main one, what was
  // taken and counted.
  bool GiveSockets(const TakeoverLink& successor);
  void HandOn(const TakeoverLink& successor);
  bool Healthy() const;
  RouterReport Report() const;

  const RouterOptions options_;
  const SteadyClock clock_;
  const int64_t started_ = clock_.NowNanos();
  InheritedCounters inherited_;
  SelfMetrics self_metrics_{&inherited_};
  EventLoop loop_;
  ServiceManager service_manager_{loop_, [this] { return Healthy(); }};
  std::atomic<ValidationLevel> validation_{ValidationLevel::kStructure};  // as HTTP threads read it
  std::unique_ptr<HttpIntake> http_intake_;
  std::unique_ptr<Guard> guard_;
  Workers workers_;
  ServiceHealth service_health_;
  Conductor conductor_;
  std::atomic<bool> ready_{false};
  std::vector<std::string> watched_;
  std::optional<FileWatch> watch_;
  std::unique_ptr<Web> web_;
  std::unique_ptr<WebGate> web_gate_;
  std::unique_ptr<HttpServer> http_server_;
  std::unique_ptr<Console> console_;
  Succession succession_;  // its thread uses all the rest
};

}  // namespace weir
