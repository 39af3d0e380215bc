// The parts of Router by which one process takes the place of another: common/takeover_link.h has
// the whole course of it.
#include <string>
#include <thread>
#include <utility>

#include "common/hand_over.h"
#include "common/log.h"
#include "common/memory_file.h"
#include "common/promised.h"
#include "common/telemetry_inherited.h"
#include "router/router.h"

namespace weir {
namespace {

using std::chrono::seconds;

constexpr seconds kPatience(10);
// For those whose connection was accepted already, and who have not been answered.
constexpr seconds kForClients(1);

}  // namespace

void Router::Inherit() {
  for (const auto& worker : workers_) {
    for (const auto& listener : worker->listeners()) listener->OwnFile();
  }
  const auto merge = [this](const Predecessor::Files& state) {
    const auto counts = state.empty() ? std::nullopt : ReadWhole(state.front().get());
    if (!counts || !inherited_.Set(*counts)) {
      LogError("The predecessor ended without telling what it had counted: counters begin anew");
    }
  };
  succession_.Inherit(merge);
}

bool Router::GiveSockets(const TakeoverLink& successor) {
  std::vector<const BoundSocket*> others;
  if (console_) others.push_back(&console_->socket());
  if (http_server_) others.push_back(&http_server_->socket());
  if (http_intake_) others.push_back(&http_intake_->socket());
  return HandOver(workers_, others, kPatience, successor);
}

void Router::HandOn(const TakeoverLink& successor) {
  if (http_intake_) {
    http_intake_->LeaveSocket();
    http_intake_->Stop();
  }
  DrainWorkers();
  const auto promised = std::make_shared<Promised<std::string>>();
  loop_.Post([this, promised] {
    const RouterReport report = Report();
    LogDrained(report);
    promised->Give(InheritedCounters::Write(self_metrics_.Collect(report)));
  });
  const auto counts = promised->Await(kPatience);
  const ScopedFd file = MakeMemoryFile("weir-counters");
  const bool told = counts && AppendTo(file.get(), *counts) && successor.SendState(file.get()) &&
                    successor.Say("all") && successor.Expect("merged");
  if (!told) LogError("The successor did not take what was counted");
  if (http_server_) http_server_->LeaveSocket();
  successor.Say("web");
  if (http_server_) http_server_->AwaitClients(kForClients);
  loop_.Stop();
}

}  // namespace weir
