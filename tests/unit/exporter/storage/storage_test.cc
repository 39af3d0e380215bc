// The whole of it: shards that are stopped or crash, and start again over the same files.
#include "exporter/storage/storage.h"

#include <sys/mman.h>

#include "exporter/storage/snapshot.h"
#include "exporter/storage/storage_totals.h"
#include "tests/support/mapper_of.h"
#include "tests/support/socket_client.h"
#include "tests/support/stored_shards.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHistogramRules = R"(
mappings:
- match: "h.*"
  observer_type: histogram
  name: "h"
  labels: { which: "$1" }
  histogram_options: { buckets: [1, 5] }
)";

TEST_CASE("a stop in good order loses nothing but sets and quantiles", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  const auto rules = MapperOf(kHistogramRules);
  const std::string lines =
      "c:3|c|#a:b\nc:0.5|c|#a:b\nbig:9007199254740993|c\ng:-2.5|g\ng.delta:5|g\n"
      "s:1|h\ns:2|h\ns:4|h|@0.5\nh.x:0.5|h\nh.x:3|h\nh.x:70|h";
  std::string before;
  {
    StoredShards first(path, 2, rules);
    first.Send(lines);
    before = first.Page();
    first.Stop();
  }
  StoredShards second(path, 3, rules);
  const std::string after = second.Page();
  for (const std::string& line : LinesOf(before)) {
    CAPTURE(line);
    if (line.starts_with("s{quantile")) continue;
    CHECK(after.find(line + "\n") != std::string::npos);
  }
  CHECK(ValueOf(after, "s{quantile=\"0.5\"}") == "NaN");
  CHECK(second.storage->report().restored.merged == 6);
  CHECK(second.storage->report().restored.left_out.empty());

  // They go on from there.
  second.Send("c:1|c|#a:b\ng.delta:+2|g\ns:3|h\nh.x:2|h");
  const std::string later = second.Page();
  CAPTURE(later);
  CHECK(ValueOf(later, "c{a=\"b\"}") == "4.5");
  CHECK(ValueOf(later, "g_delta") == "7");
  CHECK(ValueOf(later, "s_count") == "5");
  CHECK(ValueOf(later, "s{quantile=\"0.5\"}") == "3");
  CHECK(ValueOf(later, "h_bucket{which=\"x\",le=\"5\"}") == "3");
}

TEST_CASE("native buckets survive too", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  const auto rules = MapperOf(kHistogramRules);
  const auto protobuf = [](StoredShards* shards) {
    std::string page;
    WritePage(shards->shards(), {}, Format::kProtobuf, {}, [&](std::string_view piece) {
      page += piece;
      return true;
    });
    return page;
  };
  StoredShards first(path, 1, rules);
  first.Send("h.x:0.5|h\nh.x:3|h\nh.x:-70|h\nh.x:0|h");
  const std::string before = protobuf(&first);
  first.Stop();
  StoredShards second(path, 1, rules);
  CHECK(protobuf(&second) == before);
}

TEST_CASE("after a crash everything is there that a page has shown", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  StoredShards first(path, 2);
  first.AwaitSnapshot();
  std::string crashed = path;
  for (int round = 1; round <= 5; ++round) {
    first.Send("c:10|c\nc" + std::to_string(round) + ":1|c\ng:" + std::to_string(round) +
               "|g\ns:2|ms");
    const std::string shown = first.Page();
    REQUIRE(first.durable);
    first.Send("c:1000000|c");  // that nobody has seen
    crashed = CrashCopy(path, directory / ("crash" + std::to_string(round)));
    StoredShards second(crashed, 1);
    const std::string page = second.Page();
    for (const char* series : {"c", "c1", "g", "s_count", "s_sum"}) {
      CHECK(ValueOf(page, series) == ValueOf(shown, series));
    }
    first.Send("c:-0|c");
  }
}

TEST_CASE("crash upon crash, before any snapshot, loses nothing that was shown", "[storage]") {
  const TemporaryDirectory directory;
  std::string path = directory / "state0";
  for (int run = 1; run <= 6; ++run) {
    StoredShards shards(path, 1 + run % 3);
    shards.Send("all:1|c\nrun" + std::to_string(run) + ":7|c");
    const std::string page = shards.Page();
    CHECK(ValueOf(page, "all") == std::to_string(run));
    for (int earlier = 1; earlier <= run; ++earlier) {
      CHECK(ValueOf(page, "run" + std::to_string(earlier)) == "7");
    }
    path = CrashCopy(path, directory / ("state" + std::to_string(run)));
  }
}

TEST_CASE("a snapshot makes older files superfluous", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  for (int run = 0; run < 3; ++run) {
    StoredShards shards(path);
    shards.AwaitSnapshot();
    shards.Send("c:1|c");
    shards.Page();
  }
  CHECK(FilesOf(path, "snapshot.").size() == 1);
  CHECK(FilesOf(path, "log.").size() == 1);
}

TEST_CASE("a directory has one process", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  StoredShards first(path);
  const auto second = Storage::Open({.path = path});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find("another process has this directory") != std::string::npos);
}

TEST_CASE("a directory that can not be used is the operator's to mend", "[storage]") {
  const TemporaryDirectory directory;
  WriteBytes(directory / "file", "");
  for (const char* path : {"file", "file/below", "missing/below"}) {
    const auto opened = Storage::Open({.path = directory / path});
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().message.starts_with(directory / path));
  }
}

TEST_CASE("series whose ttl has passed stay away, the others keep their age", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  const auto rules = MapperOf(R"(
mappings:
- { match: "short.*", name: "short", labels: { nr: "$1" }, ttl: 5s }
- { match: "long.*", name: "long", labels: { nr: "$1" }, ttl: 600s }
)");
  {
    // The same rules, but nothing expires here.
    StoredShards first(path, 1, MapperOf(R"(
mappings:
- { match: "short.*", name: "short", labels: { nr: "$1" } }
- { match: "long.*", name: "long", labels: { nr: "$1" } }
)"));
    first.Send("short.a:1|c\nlong.a:1|c\nnever:1|c");
    REQUIRE(OnAll(first.shards(), StoredShards::kPatience, [&](Shard& shard) {
      uint32_t next = 0;
      shard.table().VisitSlice(&next, std::chrono::hours(1), [](const SeriesView& view) {
        const_cast<Cell&>(view.cell).touched -= 6 * kNanosPerSecond;
        return true;
      });
    }));
  }
  StoredShards second(path, 1, rules);
  const std::string page = second.Page();
  CHECK_FALSE(ValueOf(page, "short{nr=\"a\"}").has_value());
  CHECK(ValueOf(page, "long{nr=\"a\"}") == "1");
  CHECK(second.storage->report().restored.left_out.at("expired") == 1);
  // Six of its six hundred seconds have passed.
  REQUIRE(OnAll(second.shards(), StoredShards::kPatience, [&](Shard& shard) {
    shard.table().Expire(second.clock.NowNanos() + 534 * kNanosPerSecond, 1);
    CHECK(shard.table().series_count() == 2);
    shard.table().Expire(second.clock.NowNanos() + 595 * kNanosPerSecond, 1);
    shard.table().Expire(second.clock.NowNanos() + 595 * kNanosPerSecond, 1);
    CHECK(shard.table().series_count() == 1);
  }));
}

TEST_CASE("a series that was forgotten does not come back after a crash", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  const auto rules = MapperOf("defaults: { ttl: 5s }\n");
  StoredShards first(path, 1, rules);
  first.Send("gone:1|c\nstays:1|c");
  first.Page();
  REQUIRE(OnAll(first.shards(), StoredShards::kPatience, [&](Shard& shard) {
    uint32_t next = 0;
    shard.table().VisitSlice(&next, std::chrono::hours(1), [](const SeriesView& view) {
      if (view.family == "gone") const_cast<Cell&>(view.cell).touched -= 9 * kNanosPerSecond;
      return true;
    });
    shard.table().Expire(first.clock.NowNanos(), 1);
    shard.table().Expire(first.clock.NowNanos(), 1);
  }));
  CHECK_FALSE(ValueOf(first.Page(), "gone").has_value());
  StoredShards second(CrashCopy(path, directory / "crash"), 1, rules);
  const std::string page = second.Page();
  CHECK_FALSE(ValueOf(page, "gone").has_value());
  CHECK(ValueOf(page, "stays") == "1");
}

TEST_CASE("series stand under their names when the rules have changed", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  {
    StoredShards first(path, 1, MapperOf(R"(
mappings:
- { match: "a.*", name: "kept", labels: { nr: "$1" } }
- { match: "b.*", name: "renamed", labels: { nr: "$1" } }
- { match: "c.*", name: "retyped", labels: { nr: "$1" } }
- { match: "d.*", name: "dropped", labels: { nr: "$1" } }
- match: "h.*"
  name: "histogram"
  observer_type: histogram
  histogram_options: { buckets: [1, 2] }
)"));
    first.Send("a.x:1|c\nb.x:2|c\nc.x:3|ms\nd.x:4|c\nh.x:1|ms");
  }
  StoredShards second(path, 1, MapperOf(R"(
mappings:
- { match: "a.*", name: "kept", labels: { nr: "$1" } }
- { match: "b.*", name: "new_name", labels: { nr: "$1" } }
- { match: "c.*", name: "retyped", labels: { nr: "$1" }, observer_type: histogram }
- { match: "d.*", name: "dropped", action: drop }
- match: "h.*"
  name: "histogram"
  observer_type: histogram
  histogram_options: { buckets: [1, 3] }
)"));
  second.Send("a.x:1|c\nb.x:2|c\nc.x:3|ms\nd.x:4|c\nh.x:1|ms");
  const std::string page = second.Page();
  CHECK(ValueOf(page, "kept{nr=\"x\"}") == "2");
  CHECK(ValueOf(page, "renamed{nr=\"x\"}") == "2");
  CHECK(ValueOf(page, "new_name{nr=\"x\"}") == "2");
  CHECK(ValueOf(page, "retyped_bucket{nr=\"x\",le=\"5\"}") == "1");
  CHECK_FALSE(ValueOf(page, "dropped{nr=\"x\"}").has_value());
  CHECK(ValueOf(page, "histogram_bucket{le=\"3\"}") == "1");
  const auto& left_out = second.storage->report().restored.left_out;
  CHECK(left_out ==
        std::map<std::string_view, uint64_t>{{"buckets_changed", 1}, {"mapping_rule", 1}});
  CHECK(CollectReports(second.shards(), StoredShards::kPatience).front().displaced == 1);
}

TEST_CASE("a page whose reader went away is logged with the next one", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  StoredShards first(path);
  first.AwaitSnapshot();
  first.Send("c:1|c");
  WritePage(first.shards(), {}, Format::kText, {}, [](std::string_view) { return false; });
  first.Page();
  StoredShards second(CrashCopy(path, directory / "crash"));
  CHECK(ValueOf(second.Page(), "c") == "1");
}

TEST_CASE("what did not change is not logged again", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  {
    StoredShards first(path);
    for (int i = 0; i < 100; ++i) first.Send("c" + std::to_string(i) + ":1|c");
  }
  StoredShards second(path);
  second.AwaitSnapshot();
  second.Advance(kNanosPerSecond);
  const uint64_t before = second.storage->report().log.bytes;
  second.Page();
  CHECK(second.storage->report().log.bytes == before);
  second.Send("c7:1|c");
  second.Advance(kNanosPerSecond);
  second.Page();
  const uint64_t once = second.storage->report().log.bytes;
  CHECK(once > before);
  CHECK(once < before + 100);
  second.Advance(kNanosPerSecond);
  second.Page();
  CHECK(second.storage->report().log.bytes == once);
}

TEST_CASE("a successor takes over the state of shards that run", "[storage]") {
  StoredShards old_one("", 2), new_one("", 3);
  old_one.Send("c:1000|c\ng:5|g\nonly.old:1|c\ns:2|ms");
  new_one.Advance(5 * kNanosPerSecond);
  new_one.Send("c:20|c\ng:6|g\nonly.new:1|c\ns:2|ms");
  const ScopedFd memory(memfd_create("state", MFD_CLOEXEC));
  const SnapshotEnd end = WriteSnapshot(old_one.shards(), 1, 1, {}, [&](std::string_view bytes) {
    return WriteAll(memory.get(), bytes) == 0;
  });
  REQUIRE(end == SnapshotEnd::kWhole);
  REQUIRE(lseek(memory.get(), 0, SEEK_SET) == 0);
  const auto state = std::make_shared<StoredState>();
  REQUIRE(state->Read(memory.get(), FileKind::kSnapshot) == FrameEnd::kEnd);
  const MergeCounts counts =
      MergeIntoRunning(state, new_one.mapper, new_one.shards(), StoredShards::kPatience);
  CHECK(counts.merged == 4);
  const std::string page = new_one.Page();
  CHECK(ValueOf(page, "c") == "1020");
  CHECK(ValueOf(page, "g") == "6");
  CHECK(ValueOf(page, "only_old") == "1");
  CHECK(ValueOf(page, "only_new") == "1");
  CHECK(ValueOf(page, "s_count") == "2");
}

TEST_CASE("what is merged into running shards is logged", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  StoredShards shards(path);
  shards.AwaitSnapshot();
  shards.Send("c:5|c");
  shards.Advance(kNanosPerSecond);
  shards.Page();
  REQUIRE(OnAll(shards.shards(), StoredShards::kPatience, [&](Shard& shard) {
    SeriesPolicy policy;
    policy.help = InternText("Help.");
    shard.table().Merge("c", {}, policy, {.touched = 1, .counter = {100, 0}}, 0,
                        MergedFrom::kPredecessor);
  }));
  REQUIRE(ValueOf(shards.Page(), "c") == "105");
  StoredShards second(CrashCopy(path, directory / "crash"));
  CHECK(ValueOf(second.Page(), "c") == "105");
}

TEST_CASE("storage tells of itself", "[storage]") {
  CHECK(StorageFamilies(std::nullopt, 0).size() == 12);
  for (const auto& family : StorageFamilies(std::nullopt, 0)) CHECK(family.metric.empty());
  StorageReport report;
  report.restored.left_out["expired"] = 2;
  for (const auto& family : StorageFamilies(report, 3)) {
    CHECK(family.name.starts_with("weir_storage_"));
    CHECK(family.metric.size() == (family.name == "weir_storage_snapshots_total" ||
                                           family.name == "weir_storage_dropped_series_total"
                                       ? 2
                                       : 1));
  }
}

}  // namespace
}  // namespace weir
