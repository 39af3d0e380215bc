// Ingest: whatever comes, on whichever shard and with whatever memo, nothing is lost uncounted.
#include <string>

#include "exporter/ingest.h"
#include "tests/support/catch.h"
#include "tests/support/line_mix.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

TEST_CASE("a sample that goes to another shard is told and arrives", "[ingest]") {
  Pipeline pipeline(2);
  std::string name = "m";
  while (SeriesTable::OwnerOf(name, 2) != 1) name += "m";
  pipeline.Send(name + ":1|c|#a:b", 0);
  CHECK(pipeline.sent == 1);
  CHECK(pipeline.Page().empty());
  pipeline.Settle();
  CHECK(pipeline.Page() == "# TYPE " + name + " counter\n" + name + "{a=\"b\"} 1\n");
  CHECK(pipeline.table(0).series_count() == 0);
  pipeline.Send(name + ":1|c|#a:b", 1);
  CHECK(pipeline.sent == 1);
}

TEST_CASE("what no ring can take is dropped and counted", "[ingest]") {
  Pipeline pipeline(2);
  std::string name = "m";
  while (SeriesTable::OwnerOf(name, 2) != 1) name += "m";
  std::string datagram;
  for (int i = 0; i < 100; ++i) datagram += name + ":1|c\n";
  constexpr int kDatagrams = Handoff::kCapacity / 50 / 100;  // a record has more than 50 bytes
  for (int i = 0; i < kDatagrams; ++i) pipeline.Send(datagram, 0);
  pipeline.Settle();
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(Conserves(self));
  const double dropped = SumOf(self, "statsd_exporter_events_error_total");
  CHECK(dropped > 0);
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"handoff_full\"}") ==
        NumberText(dropped));
  CHECK(ValueOf(pipeline.Page(), name) == NumberText(kDatagrams * 100 - dropped));
}

TEST_CASE("any number of shards makes the same page", "[ingest]") {
  std::string pages[3];
  const uint32_t shard_counts[] = {1, 2, 5};
  for (int i = 0; i < 3; ++i) {
    LineMix mix(11);
    Pipeline pipeline(shard_counts[i]);
    for (int datagram = 0; datagram < 300; ++datagram) {
      std::string text;
      // Strange lines make conflicts, and who comes first then depends on the way.
      for (uint32_t lines = 1 + mix.Below(40); lines > 0; --lines) text += mix.GoodLine() + "\n";
      pipeline.Send(text, static_cast<uint32_t>(datagram) % shard_counts[i]);
      pipeline.Settle();
    }
    pages[i] = pipeline.Page();
    CHECK(Conserves(SelfPage(pipeline.Reports())));
  }
  CHECK(pages[0].size() > 1000);
  CHECK(pages[1] == pages[0]);
  CHECK(pages[2] == pages[0]);
}

TEST_CASE("the page does not depend on the size of the memo", "[ingest]") {
  std::string pages[3], selves[3];
  const size_t sizes[] = {0, 1, 1000};
  for (int i = 0; i < 3; ++i) {
    LineMix mix(5);
    Pipeline pipeline(1, {.parser = {}, .memo_entries = sizes[i]});
    for (int datagram = 0; datagram < 1000; ++datagram) {
      std::string text;
      for (uint32_t lines = 1 + mix.Below(40); lines > 0; --lines) text += mix.AnyLine() + "\n";
      pipeline.Send(text);
    }
    pages[i] = pipeline.Page();
    for (const std::string& line : LinesOf(SelfPage(pipeline.Reports()))) {
      // These are about the memo, or about the process.
      if (line.find("cache") == line.npos && line.find("process_") == line.npos) {
        selves[i] += line + "\n";
      }
    }
  }
  CHECK(pages[0].size() > 1000);
  CHECK(pages[1] == pages[0]);
  CHECK(pages[2] == pages[0]);
  CHECK(selves[1] == selves[0]);
  CHECK(selves[2] == selves[0]);
}

TEST_CASE("the memo is asked for each sample and knows those it has seen", "[ingest]") {
  Pipeline pipeline;
  for (int i = 0; i < 10; ++i) pipeline.Send("a:1|c");
  const ShardStats& stats = pipeline.ingest().stats();
  CHECK(stats.memo_gets == 10);
  CHECK(stats.memo_misses == 1);
  CHECK(stats.batches == 10);
  CHECK(pipeline.ingest().memo().size() == 1);
}

TEST_CASE("one name of two types is two entries", "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("a:1|c\na:1|g\na:1|c\na:1|g");
  CHECK(ValueOf(pipeline.Page(), "a") == "2");
  CHECK(pipeline.ingest().memo().size() == 2);
}

TEST_CASE("no line and no sample is lost uncounted, whatever comes", "[ingest]") {
  for (const uint32_t shards : {1u, 2u, 4u}) {
    for (uint32_t seed = 1; seed <= 10; ++seed) {
      LineMix mix(seed);
      Pipeline pipeline(shards, {.parser = {}, .memo_entries = seed % 3 == 0 ? 50 : SIZE_MAX});
      uint64_t lines = 0;
      for (int datagram = 0; datagram < 200; ++datagram) {
        std::string text;
        const uint32_t of_datagram = 1 + mix.Below(60);
        for (uint32_t i = 0; i < of_datagram; ++i) {
          if (i > 0) text += mix.Below(9) == 0 ? "\r\n" : "\n";
          text += mix.AnyLine();
        }
        lines += of_datagram;
        pipeline.Send(text, mix.Below(shards));
        if (mix.Below(5) == 0) pipeline.Settle();
      }
      pipeline.Settle();
      const std::string self = SelfPage(pipeline.Reports());
      INFO("shards " << shards << ", seed " << seed << "\n" << self);
      CHECK(SumOf(self, "statsd_exporter_lines_total") == static_cast<double>(lines));
      REQUIRE(Conserves(self));
    }
  }
}

TEST_CASE("what was sent is what the page shows", "[ingest]") {
  LineMix mix(3);
  Pipeline pipeline(3);
  double sent = 0;
  for (int datagram = 0; datagram < 500; ++datagram) {
    std::string text;
    for (uint32_t lines = 1 + mix.Below(30); lines > 0; --lines) {
      const uint32_t value = mix.Below(100);
      text += "sum.n" + std::to_string(mix.Below(50)) + ":" + std::to_string(value) + "|c\n";
      sent += value;
    }
    pipeline.Send(text, mix.Below(3));
  }
  pipeline.Settle();
  double shown = 0;
  const std::string page = pipeline.Page();
  for (int i = 0; i < 50; ++i) shown += SumOf(page, "sum_n" + std::to_string(i));
  CHECK(shown == sent);
}

}  // namespace
}  // namespace weir
