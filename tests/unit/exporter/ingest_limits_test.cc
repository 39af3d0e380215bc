// Ingest under limits: nothing is lost uncounted, nothing sticks, and nothing grows.
#include <optional>
#include <string>

#include "exporter/ingest.h"
#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

struct Limited {
  explicit Limited(const SeriesLimits& limits, uint32_t shards = 1)
      : budget(limits), pipeline(shards, {}, {.budget = &budget}) {}

  std::string Self() { return SelfPage(pipeline.Reports()); }
  double Dropped(const std::string& reason) {
    return Number(ValueOf(Self(), "weir_samples_dropped_total{reason=\"" + reason + "\"}"));
  }
  double Overflowed(const std::string& reason) {
    return Number(ValueOf(Self(), "weir_samples_overflowed_total{reason=\"" + reason + "\"}"));
  }
  static double Number(const std::optional<std::string>& text) {
    return text ? std::stod(*text) : 0;
  }

  SeriesBudget budget;
  Pipeline pipeline;
};

TEST_CASE("sent is what stands on the page and what was dropped by count", "[ingest_limits]") {
  for (const uint32_t shards : {1u, 3u}) {
    Limited limited({.series = 10}, shards);
    uint64_t sent = 0;
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 40; ++i) {
        const std::string tag = "|#user:" + std::to_string(i);
        limited.pipeline.Send("hits:1|c" + tag + "\ntime:2|ms" + tag + "\nlevel:3|g" + tag +
                                  "\nname" + std::to_string(i) + ":1|c",
                              static_cast<uint32_t>(i) % shards);
        sent += 4;
      }
    }
    limited.pipeline.Settle();
    const std::string page = limited.pipeline.Page();
    INFO(page);
    CHECK(limited.budget.series() == 10);
    CHECK(SumOf(page, "hits") == 200);
    CHECK(SumOf(page, "time_count") == 200);
    CHECK_FALSE(ValueOf(page, "level{overflow=\"true\"}").has_value());
    const std::string self = limited.Self();
    CHECK(SumOf(self, "weir_samples_applied_total") + limited.Dropped("series_limit") ==
          static_cast<double>(sent));
    CHECK(limited.Dropped("series_limit") > 0);
    CHECK(limited.Overflowed("series_limit") > 0);
    CHECK(Conserves(self));
  }
}

TEST_CASE("a family at its limit flows over, and the others do not care", "[ingest_limits]") {
  Limited limited({.per_family = 2});
  for (int i = 0; i < 5; ++i) {
    limited.pipeline.Send("a:1|c|#n:" + std::to_string(i) + "\nb" + std::to_string(i) + ":1|c");
  }
  const std::string page = limited.pipeline.Page();
  CHECK(ValueOf(page, "a{overflow=\"true\"}") == "3");
  CHECK(ValueOf(page, "b4") == "1");
  CHECK(limited.Overflowed("family_series_limit") == 3);
  CHECK(SumOf(limited.Self(), "weir_samples_dropped_total") == 0);
}

TEST_CASE("a series is charged to the listener that its first sample came by", "[ingest_limits]") {
  for (const uint32_t shards : {1u, 2u, 3u}) {
    Limited limited({.per_listener = 3}, shards);
    for (int i = 0; i < 6; ++i) {
      const std::string line = "a" + std::to_string(i) + ":1|c";
      limited.pipeline.Send("udp." + line, 0, Transport::kUdp);
      limited.pipeline.Send("tcp." + line, shards - 1, Transport::kTcp);
      // Who owns it is known by now: this is no new series.
      limited.pipeline.Settle();
      limited.pipeline.Send("udp." + line, 0, Transport::kTcp);
    }
    limited.pipeline.Settle();
    INFO(shards);
    CHECK(limited.budget.series_of(Transport::kUdp) == 3);
    CHECK(limited.budget.series_of(Transport::kTcp) == 3);
    // Three names more of each, and those of udp by tcp.
    CHECK(limited.Dropped("listener_series_limit") == 9);
    CHECK(Conserves(limited.Self()));
  }
}

TEST_CASE("a stage holds the samples of one listener only", "[ingest_limits]") {
  Limited limited({.per_listener = 1});
  Ingest& ingest = limited.pipeline.ingest();
  ingest.OnDatagram("a:1|c", Transport::kUdp);
  ingest.OnDatagram("b:1|c", Transport::kUnixgram);
  ingest.OnBatchEnd();
  CHECK(limited.budget.series_of(Transport::kUdp) == 1);
  CHECK(limited.budget.series_of(Transport::kUnixgram) == 1);
}

TEST_CASE("the same refused samples cost a look in the memo", "[ingest_limits]") {
  Limited limited({.series = 1});
  limited.pipeline.Send("known:1|c|#a:1");
  const std::string lines = "known:1|c|#a:2\nnew:1|c\nknown:1|c|#a:3";
  limited.pipeline.Send(lines);
  const uint64_t misses = limited.pipeline.Reports()[0].stats.memo_misses;
  for (int i = 0; i < 100; ++i) limited.pipeline.Send(lines);
  CHECK(limited.pipeline.Reports()[0].stats.memo_misses == misses);
  // Nor do they when seconds pass in which nothing was given back.
  limited.pipeline.Pass(std::chrono::seconds(5));
  limited.pipeline.Send(lines);
  CHECK(limited.pipeline.Reports()[0].stats.memo_misses == misses);
  CHECK(ValueOf(limited.pipeline.Page(), "known{overflow=\"true\"}") == "204");
  CHECK(limited.Dropped("series_limit") == 102);
}

TEST_CASE("names that are refused do not grow the memo without bound", "[ingest_limits]") {
  Limited limited({.series = 10});
  for (int i = 0; i < 300'000; ++i) {
    limited.pipeline.Send("new" + std::to_string(i) + ":1|c\nknown:1|c|#n:" + std::to_string(i));
  }
  CHECK(limited.pipeline.ingest().memo().size() <= 1 << 16);
  CHECK(limited.pipeline.table().series_count() <= 11);
  CHECK(Conserves(limited.Self()));
}

TEST_CASE("what was refused or flowed over gets its series once others expire", "[ingest_limits]") {
  for (const uint32_t shards : {1u, 3u}) {
    Limited limited({.series = 4}, shards);
    Pipeline& pipeline = limited.pipeline;
    pipeline.SetMapper(MapperOf("mappings:\n- match: short.*\n  name: short_$1\n  ttl: 2s\n"));
    pipeline.Send("short.a:1|c\nshort.b:1|g\nshort.c:1|ms\nhits:1|c|#a:1");
    pipeline.Settle();
    const std::string late = "hits:1|c|#a:2\nnew:1|g";
    for (int i = 0; i < 3; ++i) pipeline.Send(late, i % shards);
    pipeline.Settle();
    CHECK(ValueOf(pipeline.Page(), "hits{overflow=\"true\"}") == "3");
    CHECK_FALSE(ValueOf(pipeline.Page(), "new").has_value());
    pipeline.Pass(std::chrono::seconds(5));
    pipeline.Send(late, shards - 1);
    pipeline.Settle();
    INFO(shards);
    CHECK(ValueOf(pipeline.Page(), "hits{a=\"2\"}") == "1");
    CHECK(ValueOf(pipeline.Page(), "hits{overflow=\"true\"}") == "3");
    CHECK(ValueOf(pipeline.Page(), "new") == "1");
    CHECK(limited.budget.series() == 3);
    CHECK(Conserves(limited.Self()));
  }
}

TEST_CASE("the overflow series expires as its samples' rule says", "[ingest_limits]") {
  Limited limited({.per_family = 1});
  limited.pipeline.SetMapper(MapperOf("defaults:\n  ttl: 2s\n"));
  limited.pipeline.Send("a:1|c|#n:1\na:1|c|#n:2");
  CHECK(limited.pipeline.table().series_count() == 2);
  limited.pipeline.Pass(std::chrono::seconds(4));
  CHECK(limited.pipeline.Page().empty());
  limited.pipeline.Send("a:1|c|#n:2\na:1|c|#n:1");
  CHECK(limited.pipeline.Page() == "# TYPE a counter\na{n=\"2\"} 1\na{overflow=\"true\"} 1\n");
}

TEST_CASE("weighted and packed samples flow over whole", "[ingest_limits]") {
  Limited limited({.per_family = 1});
  limited.pipeline.Send("t:1|ms|#n:1\nc:1|c|#n:1");
  limited.pipeline.Send("t:1:2:3|ms|@0.1|#n:2\nc:1:2|c|@0.5|#n:2\nc:1|c:2|c:4|c|#n:3");
  const std::string page = limited.pipeline.Page();
  CHECK(ValueOf(page, "t_count{overflow=\"true\"}") == "30");
  CHECK(ValueOf(page, "c{overflow=\"true\"}") == "6");
  CHECK(Conserves(limited.Self()));
}

TEST_CASE("under a memory limit new series are refused and old ones live", "[ingest_limits]") {
  Limited limited({.memory = 100'000});
  int sent = 0;
  for (int i = 0; i < 2000; ++i) {
    limited.pipeline.Send("m" + std::to_string(i) + ":1|c");
    ++sent;
  }
  const size_t series = limited.pipeline.table().series_count();
  CHECK(series > 100);
  CHECK(series < 400);
  CHECK(limited.budget.bytes() <= 100'000);
  CHECK(limited.pipeline.ingest().memo().MemoryBytes() < 60'000);
  CHECK(limited.Dropped("memory_limit") == static_cast<double>(sent - series));
  limited.pipeline.Send("m0:1|c");
  CHECK(ValueOf(limited.pipeline.Page(), "m0") == "2");
}

TEST_CASE("limits are no limits for what is no new series", "[ingest_limits]") {
  Limited limited({.series = 2});
  limited.pipeline.Send("a:1|c\na:1|g\nb:1|c\nb:-1|c\nc:-1|c\n__x:1|c|#__y:1");
  const std::string self = limited.Self();
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"type_conflict\"}") == "1");
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"illegal_negative_counter\"}") == "2");
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"illegal_label_name\"}") == "1");
  CHECK(limited.Dropped("series_limit") == 0);
}

}  // namespace
}  // namespace weir
