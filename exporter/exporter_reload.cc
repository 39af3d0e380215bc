// The parts of Exporter that read its files again.
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/on_all.h"
#include "exporter/exporter.h"
#include "exporter/ring_config.h"

namespace weir {
namespace {

// How long to wait for a shard to do as it is told.
constexpr std::chrono::seconds kPatience(10);

}  // namespace

Result<Done> Exporter::Reload() {
  service_manager_.Reloading();
  const Result<Done> done = ReloadAll();
  service_manager_.Ready();
  return done;
}

Result<Done> Exporter::ReloadAll() {
  const bool has_intake = http_intake_ && http_intake_->has_files();
  if (options_.mapping_paths().empty() && !options_.has_ring() && !has_intake &&
      !guard_->has_files() && !web_gate_->has_file()) {
    LogWarn("Nothing to reload: no --statsd.mapping-config was given");
    return Done{};
  }
  const Result<Done> rules = ReloadRules();
  const Result<Done> ring = ReloadRing();
  const Result<Done> intake = has_intake ? http_intake_->Reload() : Done{};
  const Result<Done> guard = guard_->Reload();
  const Result<Done> web = web_gate_->Reload();
  for (const Result<Done>* done : {&rules, &ring, &intake, &guard}) {
    if (!*done) return *done;
  }
  return web;
}

Result<Done> Exporter::ReloadRing() {
  if (!options_.has_ring()) return Done{};
  std::vector<std::string> warnings;
  const auto config = LoadRing(options_, &warnings);
  for (const std::string& warning : warnings) LogWarn("Ring", {{"warning", warning}});
  self_metrics_.CountRingReload(config.has_value());
  if (!config) {
    LogError("The ring's configuration was not loaded, the old one stays in force",
             {{"error", config.error().message}});
    return config.error();
  }
  membership_->Apply(*config);
  LogInfo("Loaded the ring's configuration", {{"downstreams", config->downstreams.size()}});
  return Done{};
}

Result<Done> Exporter::ReloadRules() {
  if (options_.mapping_paths().empty()) return Done{};
  std::vector<std::string> warnings;
  auto mapper = LoadMapper(options_, &warnings);
  for (const std::string& warning : warnings) LogWarn("Mapping", {{"warning", warning}});
  self_metrics_.CountReload(mapper.has_value());
  if (!mapper) {
    LogError("The mapping files were not loaded, the old rules stay in force",
             {{"error", mapper.error().message}});
    return mapper.error();
  }
  mapper_ = std::move(*mapper);
  OnAll(shards_, kPatience, [mapper = mapper_](Shard& shard) { shard.SetMapper(mapper); });
  self_metrics_.SetLoadedRules(mapper_->rule_count());
  LogInfo("Loaded the mapping files", {{"rules", mapper_->rule_count()}});
  return Done{};
}

}  // namespace weir
