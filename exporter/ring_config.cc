#include "exporter/ring_config.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "common/check.h"
#include "common/duration.h"

namespace weir {
namespace {

// By when a death or a return is known for sure.
std::chrono::nanoseconds NoticedWithin(const HealthCheckConfig& check) {
  return std::max(check.fall, check.rise) * check.interval + check.timeout;
}

std::optional<std::string> SelfError(const RouterConfig& config, const std::string& self) {
  std::string labels;
  for (const DownstreamConfig& downstream : config.downstreams) {
    if (downstream.label == self) return std::nullopt;
    labels += (labels.empty() ? "" : ", ") + downstream.label;
  }
  return "no downstream has the label `" + self + "` of --ring.self; there are: " + labels;
}

std::optional<std::string> DiscoverError(const RouterConfig& config) {
  if (config.discover.empty()) return std::nullopt;
  return "downstreams that are discovered (`" + config.discover.front().where +
         "`) are not followed by --ring.config-file; list them by `address`";
}

// Where a death moves nothing, nobody needs to know of it.
bool DeathsMoveKeys(const RouterConfig& config) {
  return config.on_down == OnDown::kRehash && config.placement != Placement::kStatsrelay;
}

std::optional<std::string> ProbeError(const RouterConfig& config, const std::string& self) {
  if (!DeathsMoveKeys(config)) return std::nullopt;
  for (const DownstreamConfig& downstream : config.downstreams) {
    if (downstream.label == self || downstream.health_kind != HealthKind::kNone) continue;
    return "downstream `" + downstream.label +
           "` has no `health`, so its death would not be noticed here; give it one";
  }
  return std::nullopt;
}

std::optional<std::string> KeyError(const RouterConfig& config, const ExporterOptions& options) {
  if (config.key == KeyKind::kName) return std::nullopt;
  const std::string key = "`key: " + std::string(WordOf(config.key)) + "` ";
  if (!options.parse_dogstatsd_tags || !options.parse_influxdb_tags ||
      !options.parse_librato_tags || !options.parse_signalfx_tags) {
    return key + "goes by tags of every dialect; leave --statsd.parse-...-tags on";
  }
  if (config.key == KeyKind::kSeries) return std::nullopt;
  if (options.container_id != "label") {
    return key + "goes by the container id too; leave --statsd.container-id at label";
  }
  if (options.mapping_paths().empty()) {
    return key + "goes by the mapping rules; give the same ones by --statsd.mapping-config";
  }
  return std::nullopt;
}

std::optional<std::string> GraceError(const RouterConfig& config, const ExporterOptions& options) {
  const auto noticed = NoticedWithin(config.health_check);
  if (!DeathsMoveKeys(config) || options.ring_grace > noticed) return std::nullopt;
  return "by `health_check` a death or a return may take " + FormatDuration(noticed) +
         " to be noticed; --ring.grace must be longer than that, and is " +
         FormatDuration(options.ring_grace);
}

}  // namespace

Result<RouterConfig> LoadRing(const ExporterOptions& options, std::vector<std::string>* warnings) {
  auto config = LoadRouterConfig(
      options.ring_config_file, {.strict = options.check_config && options.strict, .overrides = {}},
      warnings);
  if (!config) return config;
  for (const auto& error : {DiscoverError(*config), SelfError(*config, options.ring_self),
                            ProbeError(*config, options.ring_self), KeyError(*config, options),
                            GraceError(*config, options)}) {
    if (error) return Error{options.ring_config_file + ": " + *error};
  }
  return config;
}

size_t IndexOf(const RouterConfig& config, const std::string& label) {
  const auto found = std::ranges::find(config.downstreams, label, &DownstreamConfig::label);
  WEIR_CHECK(found != config.downstreams.end());
  return static_cast<size_t>(found - config.downstreams.begin());
}

}  // namespace weir
