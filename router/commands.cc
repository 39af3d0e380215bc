#include "router/commands.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "router/etsy_text.h"
#include "router/memory_text.h"
#include "router/report_text.h"
#include "router/shown.h"

namespace weir {
namespace {

using Hooks = std::shared_ptr<const CommandHooks>;

std::string AllLabels(const RouterReport& report) {
  std::string all;
  for (const DownstreamReport& downstream : report.downstreams) {
    all += (all.empty() ? "" : ", ") + Shown(downstream.health.label);
  }
  return all;
}

// By its label as it is, or else as it is shown.
const NodeHealth* Find(const RouterReport& report, std::string_view node) {
  for (const bool as_shown : {false, true}) {
    for (const DownstreamReport& downstream : report.downstreams) {
      const std::string& label = downstream.health.label;
      if (as_shown ? Shown(label) == node : label == node) return &downstream.health;
    }
  }
  return nullptr;
}

std::string SetDrained(const CommandHooks& hooks, std::string_view node, bool drained) {
  const RouterReport before = hooks.report();
  if (node.empty()) return "ERROR: say which downstream: " + AllLabels(before) + "\n";
  const NodeHealth* const found = Find(before, node);
  if (found == nullptr || !hooks.drain(found->label, drained)) {
    return "ERROR: no downstream is called " + Shown(node) + "; there are: " + AllLabels(before) +
           "\n";
  }
  const std::string reply = (drained ? "drained: " : "undrained: ") + Shown(found->label);
  const RouterReport after = hooks.report();
  const NodeHealth* const now = Find(after, found->label);
  const bool stays = drained && now != nullptr && now->in_ring;
  return reply + (stays ? " (stays in the ring, which would be empty without it)\n" : "\n");
}

void RegisterOwn(const Hooks& hooks, Console* console) {
  console->Register("stats", [hooks](std::string_view) { return StatsText(hooks->report()); });
  console->Register("memstats", [](std::string_view) { return MemoryText(); });
  console->Register("status", [hooks](std::string_view) { return StatusText(hooks->report()); });
  console->Register("config", [hooks](std::string_view) { return ToYaml(hooks->report().config); });
  console->Register("drain",
                    [hooks](std::string_view node) { return SetDrained(*hooks, node, true); });
  console->Register("undrain",
                    [hooks](std::string_view node) { return SetDrained(*hooks, node, false); });
}

void RegisterEtsy(const Hooks& hooks, Console* console) {
  console->Register("help",
                    [](std::string_view) { return "Commands: config, health, status, quit\n\n"; });
  console->Register("status",
                    [hooks](std::string_view) { return EtsyStatusText(hooks->report()); });
  console->Register("config",
                    [hooks](std::string_view) { return EtsyConfigText(hooks->report().config); });
}

void RegisterGo(const Hooks& hooks, Console* console) {
  console->Register("stats", [hooks](std::string_view) { return GoStatsText(hooks->report()); });
  console->SetUnknownReply("unknown command\n");
}

void RegisterHulu(ServiceHealth& health, Console* console) {
  console->Clear();
  console->Register("health", [&health, down = std::string("down")](std::string_view word) mutable {
    if (!word.empty()) {
      health.Set(word == "up");
      down = word;
    }
    const bool up = health.up();
    // The next time it is down, that word is not why.
    if (up || down == "up") down = "down";
    return "health: " + (up ? "up" : down) + "\n";
  });
  console->SetUnknownReply(std::nullopt);
}

}  // namespace

void RegisterCommands(ConsoleStyle style, CommandHooks hooks, ServiceHealth& health,
                      Console* console) {
  if (style == ConsoleStyle::kHulu) return RegisterHulu(health, console);
  const auto shared = std::make_shared<const CommandHooks>(std::move(hooks));
  RegisterOwn(shared, console);
  if (style == ConsoleStyle::kEtsy) RegisterEtsy(shared, console);
  if (style == ConsoleStyle::kGo) RegisterGo(shared, console);
}

}  // namespace weir
