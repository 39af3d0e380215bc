// Operations of exporter/: from the datagram to its cells, and from the cells to the page.
#include <memory>
#include <optional>

#include "common/check.h"
#include "common/clock.h"
#include "exporter/exchange.h"
#include "exporter/ingest.h"
#include "exporter/series_table.h"
#include "mapping/mapper.h"
#include "tests/bench/bench_lines.h"
#include "tests/bench/operation.h"

namespace weir {
namespace {

constexpr size_t kSeries = BenchLines::kUsualSeries;
constexpr size_t kPacked = BenchLines::kPacked;
// As many as a listener delivers before it says that the batch is over.
constexpr size_t kBatch = 64;

std::shared_ptr<const Mapper> Rules() {
  static const auto rules = [] {
    std::vector<std::string> warnings;
    auto mapper = Mapper::Load({WEIR_SOURCE_DIR "/tests/bench/mapping.yml"}, {}, &warnings);
    WEIR_CHECK(mapper.has_value());
    return *mapper;
  }();
  return rules;
}

// The shards of an exporter without threads and sockets; shard 0 receives.
class Shards {
 public:
  explicit Shards(uint32_t count) : exchange_(count) {
    for (uint32_t id = 0; id < count; ++id) {
      tables_.push_back(std::make_unique<SeriesTable>(SeriesTableOptions()));
      ingests_.push_back(std::make_unique<Ingest>(IngestOptions(), id, tables_.back().get(),
                                                  &exchange_, clock, [] {}));
      ingests_.back()->SetMapper(Rules());
    }
  }

  void Send(const std::vector<std::string>& datagrams) {
    for (size_t i = 0; i < datagrams.size(); ++i) {
      ingests_[0]->OnDatagram(datagrams[i], Transport::kUdp);
      if (i % kBatch == kBatch - 1) ingests_[0]->OnBatchEnd();
    }
    ingests_[0]->OnBatchEnd();
    exchange_.Flush(0);
    for (size_t id = 1; id < ingests_.size(); ++id) ingests_[id]->Receive();
  }

  SeriesTable& table() { return *tables_[0]; }

  FakeClock clock;

 private:
  Exchange exchange_;
  std::vector<std::unique_ptr<SeriesTable>> tables_;
  std::vector<std::unique_ptr<Ingest>> ingests_;
};

struct ApplyOptions {
  uint32_t shards = 1;
  size_t lines = kSeries;
  // Seconds that pass between passes, for windows to move.
  int64_t seconds = 0;
  uint64_t warm_passes = 2;
};

Operation ApplyOperation(const std::string& name, const std::vector<std::string>& datagrams,
                         const ApplyOptions& options = {}) {
  auto shards = std::make_shared<Shards>(options.shards);
  return {name,
          "line",
          options.lines,
          [shards, datagrams] { shards->Send(datagrams); },
          [shards, options] { shards->clock.Advance(options.seconds * kNanosPerSecond); },
          options.warm_passes};
}

// Every series is new: in each pass another exporter meets the same lines.
Operation FirstSightOperation() {
  struct State {
    std::optional<Shards> shards;
    std::vector<std::string> datagrams = BenchLines(true).Datagrams(kSeries, kPacked);
  };
  auto state = std::make_shared<State>();
  return {"apply.first_sight", "line", kSeries, [state] { state->shards->Send(state->datagrams); },
          [state] { state->shards.emplace(1); }};
}

// Each timer sees thirty samples a pass, and a window holds sixty passes: more than it keeps as
// they came.
Operation BusyTimersOperation() {
  constexpr size_t kTimers = 30;
  std::vector<std::string> datagrams;
  for (size_t i = 0; i < kTimers; ++i) {
    datagrams.emplace_back();
    for (size_t j = 0; j < kPacked; ++j) {
      datagrams.back() += BenchLines::Name((i + j) % kTimers, 2) + ":" +
                          std::to_string((i * 37 + j * 101) % 499) + "|ms\n";
    }
    datagrams.back().pop_back();
  }
  return ApplyOperation("apply.timers", datagrams,
                        {.lines = kTimers * kPacked, .seconds = 10, .warm_passes = 72});
}

Operation RenderOperation(const std::string& name, const std::vector<std::string>& datagrams,
                          int samples_each, Format format) {
  struct State {
    Shards shards{1};
    std::string out;
    FamilySpans spans;
  };
  auto state = std::make_shared<State>();
  for (int i = 0; i < samples_each; ++i) state->shards.Send(datagrams);
  const Exposition* exposition = &Exposition::For(format);
  return {name, "series", kSeries, [state, exposition] {
            for (RenderCursor cursor; !cursor.done;) {
              state->out.clear();
              state->spans.Clear();
              // No limit of time: a slice must not depend on the machine.
              state->shards.table().RenderSlice(*exposition, state->shards.clock.NowNanos(),
                                                size_t{256} << 10, std::chrono::hours(1), &cursor,
                                                &state->out, &state->spans);
            }
            Keep(state->out.data());
          }};
}

}  // namespace

void AddExporterOperations(Operations* operations) {
  const BenchLines plain;
  const BenchLines tagged(true);
  operations->push_back(ApplyOperation("apply.packed", plain.Datagrams(kSeries, kPacked)));
  operations->push_back(ApplyOperation("apply.single", plain.Datagrams(kSeries, 1)));
  operations->push_back(ApplyOperation("apply.tags", tagged.Datagrams(kSeries, kPacked)));
  operations->push_back(BusyTimersOperation());
  operations->push_back(
      ApplyOperation("apply.two_shards", plain.Datagrams(kSeries, kPacked), {.shards = 2}));
  operations->push_back(FirstSightOperation());

  const auto of_type = [](size_t type) {
    return BenchLines(true, type).Datagrams(kSeries, kPacked);
  };
  operations->push_back(RenderOperation("render.counters", of_type(0), 1, Format::kText));
  operations->push_back(RenderOperation("render.gauges", of_type(1), 1, Format::kText));
  operations->push_back(RenderOperation("render.summaries", of_type(2), 10, Format::kText));
  operations->push_back(
      RenderOperation("render.proto", tagged.Datagrams(kSeries, kPacked), 10, Format::kProtobuf));
}

}  // namespace weir
