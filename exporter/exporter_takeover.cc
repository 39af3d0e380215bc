// The parts of Exporter by which one process takes the place of another: common/takeover_link.h has
// the whole course of it.
//
// The successor reads at once, into empty tables, because a receive buffer holds a quarter second
// at full speed and a million series take longer. What the predecessor had is added to that; until
// then the predecessor answers the pages.
#include <string>
#include <thread>
#include <utility>

#include "common/hand_over.h"
#include "common/log.h"
#include "common/memory_file.h"
#include "exporter/exporter.h"
#include "exporter/scrape.h"
#include "exporter/storage/merge.h"
#include "exporter/storage/snapshot.h"
#include "exporter/storage/stored_state.h"

namespace weir {
namespace {

using std::chrono::seconds;

constexpr seconds kPatience(10);
// For those whose connection was accepted already, and who have not been answered.
constexpr seconds kForClients(1);
constexpr seconds kForMerging(60);

// On a thread that is no shard's.
void MergeSeries(int file, std::shared_ptr<const Mapper> mapper,
                 const std::vector<Shard*>& shards) {
  const auto state = std::make_shared<StoredState>();
  if (state->Read(file, FileKind::kSnapshot) != FrameEnd::kEnd) {
    LogError("The predecessor's series did not come whole");
  }
  const MergeCounts counts = MergeIntoRunning(state, std::move(mapper), shards, kPatience);
  LogInfo("Merged the predecessor's series", {{"series", counts.merged}});
  for (const auto& [why, count] : counts.left_out) {
    LogWarn("Series were left out", {{"why", why}, {"series", count}});
  }
}

}  // namespace

void Exporter::Inherit() {
  for (const auto& shard : shards_) {
    for (const auto& listener : shard->listeners()) listener->OwnFile();
  }
  const auto merge = [this, mapper = mapper_](const Predecessor::Files& state) {
    const auto counts = state.empty() ? std::nullopt : ReadWhole(state.front().get());
    if (state.size() != 2 || !counts || !inherited_.Set(*counts)) {
      LogError("The predecessor ended without telling what it had: its series are lost");
      return;
    }
    MergeSeries(state.back().get(), mapper, AllShards());
  };
  succession_.Inherit(merge);
}

bool Exporter::GiveSockets(const TakeoverLink& successor) {
  std::vector<const BoundSocket*> others;
  if (http_server_) others.push_back(&http_server_->socket());
  if (console_) others.push_back(&console_->socket());
  if (http_intake_) others.push_back(&http_intake_->socket());
  return HandOver(shards_, others, kPatience, successor);
}

bool Exporter::SendState(const TakeoverLink& successor) {
  const ScopedFd counts = MakeMemoryFile("weir-counters");
  const auto reports = CollectReports(AllShards(), kPatience);
  if (!AppendTo(counts.get(), InheritedCounters::Write(self_metrics_.Collect(reports)))) {
    return false;
  }
  const ScopedFd series = MakeMemoryFile("weir-series");
  const auto write = [&series](std::string_view bytes) { return AppendTo(series.get(), bytes); };
  if (WriteSnapshot(AllShards(), 1, 1, {}, write) != SnapshotEnd::kWhole) return false;
  return successor.SendState(counts.get()) && successor.SendState(series.get()) &&
         successor.Say("all");
}

void Exporter::HandOn(const TakeoverLink& successor) {
  if (http_intake_) {
    http_intake_->LeaveSocket();
    http_intake_->Stop();
  }
  DrainShards();
  if (!SendState(successor) || !successor.Expect("merged", kForMerging)) {
    LogError("The successor did not take what was here: it is lost");
  }
  if (http_server_) http_server_->LeaveSocket();
  successor.Say("web");
  if (http_server_) http_server_->AwaitClients(kForClients);
  loop_.Stop();
}

}  // namespace weir
