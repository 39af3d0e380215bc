#include "common/topology/discovery.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/file_watch.h"
#include "common/log.h"

namespace weir {
namespace {

using std::chrono::nanoseconds;
// What each place said last, by its name.
using Parts = std::map<std::string, std::vector<Target>>;
// By label.
using Targets = std::map<std::string, Target>;

Targets AllOf(const Parts& parts) {
  Targets all;
  for (const auto& [name, targets] : parts) {
    for (const Target& target : targets) {
      all.emplace(target.label.empty() ? target.address : target.label, target);
    }
  }
  return all;
}

size_t CountMissing(const Targets& from, const Targets& in) {
  return std::ranges::count_if(from, [&](const auto& one) { return !in.contains(one.first); });
}

}  // namespace

struct Discovery::Source {
  explicit Source(DiscoverConfig its_config) : config(std::move(its_config)) {}

  DiscoverConfig config;
  Parts parts;
  Targets targets;  // of all parts
  bool asking = false;
  bool ask_again = false;  // what changed meanwhile may be missing in the answer
  bool answered = false;   // at least once, good or bad
  std::string complaint;   // about the last answer; empty: it was good
  SourceReport report = {};
  std::optional<FileWatch> watch;
  std::optional<Timer> next;
};

Discovery::Discovery(EventLoop& loop, const DiscoveryOptions& options,
                     std::function<void()> on_change, LookFunction look)
    : loop_(loop),
      options_(options),
      on_change_(std::move(on_change)),
      look_(std::make_shared<const LookFunction>(std::move(look))),
      errands_(loop, "discovery") {}

Discovery::~Discovery() = default;

void Discovery::SetSources(const std::vector<DiscoverConfig>& sources, nanoseconds patience) {
  std::vector<SourcePtr> wanted;
  std::vector<SourcePtr> fresh;
  for (const DiscoverConfig& config : sources) {
    const auto known = std::ranges::find_if(sources_, [&](const SourcePtr& source) {
      return source->config.kind == config.kind && source->config.where == config.where;
    });
    const bool is_new = known == sources_.end();
    const SourcePtr source = is_new ? std::make_shared<Source>(config) : *known;
    source->config = config;
    wanted.push_back(source);
    if (is_new) fresh.push_back(source);
    if (is_new && config.kind == DiscoverKind::kFile) {
      source->watch.emplace(loop_, std::vector{config.where},
                            [this, weak = std::weak_ptr(source)] { Ask(weak.lock()); });
      for (const std::string& why : source->watch->Unwatchable()) {
        LogWarn("Some changes of discovered downstreams will be seen late", {{"why", why}});
      }
    }
  }
  sources_ = std::move(wanted);
  setting_ = true;
  for (const SourcePtr& source : sources_) Ask(source);
  errands_.Await(
      [&] { return std::ranges::all_of(fresh, [](const auto& it) { return it->answered; }); },
      patience);
  setting_ = false;
}

void Discovery::Ask(const SourcePtr& source) {
  source->next.reset();
  source->ask_again = source->asking;
  if (std::exchange(source->asking, true)) return;
  std::set<std::string> known;
  for (const auto& [label, target] : source->targets) {
    for (std::string& name : NamesOf(DownstreamOf(source->config, target))) {
      known.insert(std::move(name));
    }
  }
  errands_.Send(source,
                [this, weak = std::weak_ptr(source), look = look_, config = source->config,
                 known = std::move(known)]() -> Errands::Return {
                  return [this, weak, findings = (*look)(config, known)] {
                    Take(weak.lock(), findings);
                  };
                });
}

void Discovery::Take(const SourcePtr& source, const Findings& findings) {
  source->asking = false;
  source->answered = true;
  const Targets before = source->targets;
  TakeParts(source.get(), findings);
  if (source->ask_again) {
    Ask(source);
  } else {
    const bool good = source->complaint.empty();
    source->next.emplace(loop_, good ? options_.interval : options_.retry_interval, nanoseconds(0),
                         [this, weak = std::weak_ptr(source)] { Ask(weak.lock()); });
  }
  const Targets& now = source->targets;
  if (now == before) return;
  for (const auto& [name, endpoint] : findings.endpoints)
    endpoints_.insert_or_assign(name, endpoint);
  LogInfo("Discovered", {{"kind", WordOf(source->config.kind)},
                         {"source", source->config.where},
                         {"downstreams", now.size()},
                         {"added", CountMissing(now, before)},
                         {"gone", CountMissing(before, now)}});
  if (!setting_) on_change_();
}

void Discovery::TakeParts(Source* source, const Findings& findings) {
  std::string complaint;
  Parts parts;
  for (const Part& part : findings.parts) {
    if (part.targets) {
      parts[part.name] = *part.targets;
      continue;
    }
    complaint += (complaint.empty() ? "" : "\n") + part.targets.error().message;
    const auto last = source->parts.find(part.name);
    if (last != source->parts.end()) parts.insert(*last);
  }
  SourceReport& report = source->report;
  Targets targets = AllOf(parts);
  if (!complaint.empty()) {
    ++report.failures;
  } else if (targets.empty()) {
    ++report.empty;
    complaint = "nothing was found";
  } else {
    ++report.successes;
  }
  if (!targets.empty()) {
    source->parts = std::move(parts);
    source->targets = std::move(targets);
  }
  if (!complaint.empty() && complaint != source->complaint) {
    LogWarn("Discovery failed, the last known downstreams stay",
            {{"kind", WordOf(source->config.kind)},
             {"source", source->config.where},
             {"error", complaint},
             {"downstreams", source->targets.size()}});
  }
  source->complaint = std::move(complaint);
}

std::vector<DownstreamConfig> Discovery::downstreams() const {
  std::vector<DownstreamConfig> all;
  for (const SourcePtr& source : sources_) {
    for (const auto& [label, target] : source->targets) {
      all.push_back(DownstreamOf(source->config, target));
    }
  }
  return all;
}

Resolver::Known Discovery::TakeEndpoints() { return std::exchange(endpoints_, {}); }

std::vector<SourceReport> Discovery::Report() const {
  std::vector<SourceReport> reports;
  for (const SourcePtr& source : sources_) {
    SourceReport report = source->report;
    report.kind = source->config.kind;
    report.where = source->config.where;
    report.downstreams = source->targets.size();
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace weir
