#include "exporter/ingest.h"

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/line_mix.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

std::shared_ptr<const Mapper> MapperOf(std::string_view yaml) {
  const TemporaryDirectory directory;
  const std::string path = directory / "mapping.yml";
  std::ofstream(path) << yaml;
  std::vector<std::string> warnings;
  auto mapper = Mapper::Load({path}, {}, &warnings);
  REQUIRE(mapper.has_value());
  return *mapper;
}

std::string PageAfter(std::string_view datagram) {
  Pipeline pipeline;
  pipeline.Send(datagram);
  return pipeline.Page();
}

std::string SelfAfter(std::string_view datagram) {
  Pipeline pipeline;
  pipeline.Send(datagram);
  return SelfPage(pipeline.Reports());
}

// --- What becomes of lines ---------------------------------------------------------------------

TEST_CASE("lines become series", "[ingest]") {
  CHECK(PageAfter("hits:1|c\nhits:2|c\nload:0.5|g\nusers:bob|s\nusers:eve|s\n") ==
        "# TYPE hits counter\nhits 3\n# TYPE load gauge\nload 0.5\n# TYPE users gauge\nusers 2\n");
}

TEST_CASE("more samples than are staged at once are all applied", "[ingest]") {
  for (const int lines : {1, 31, 32, 33, 64, 65, 1000}) {
    std::string datagram;
    for (int i = 0; i < lines; ++i) datagram += "a:1|c\nb:1|c\n";
    Pipeline pipeline;
    pipeline.Send(datagram);
    CHECK(ValueOf(pipeline.Page(), "a") == NumberText(lines));
    CHECK(ValueOf(pipeline.Page(), "b") == NumberText(lines));
  }
}

TEST_CASE("a stream's lines are applied before its memory is gone", "[ingest]") {
  Pipeline pipeline;
  for (int i = 0; i < 3; ++i) {
    std::string text = "a:1|c\nname.that.is.long.enough.to.be.on.the.heap:2|c|#some:tag\n";
    pipeline.ingest().OnStream(text, Transport::kTcp);
    text.assign(text.size(), '?');
  }
  std::string frame = "a:1|c\nb:1|c";
  pipeline.ingest().OnDatagram(frame, Transport::kUnixStream);
  frame.assign(frame.size(), '?');
  pipeline.ingest().OnBatchEnd();
  const std::string page = pipeline.Page();
  CHECK(ValueOf(page, "a") == "4");
  CHECK(ValueOf(page, "b") == "1");
  CHECK(ValueOf(page, "name_that_is_long_enough_to_be_on_the_heap{some=\"tag\"}") == "6");
}

TEST_CASE("a trailing newline counts an empty line in a datagram and none in a stream",
          "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("a:1|c\n");
  pipeline.Send("");
  pipeline.ingest().OnStream("a:1|c\n", Transport::kTcp);
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "statsd_exporter_lines_total") == "4");
  CHECK(ValueOf(self, "weir_lines_total{verdict=\"empty\"}") == "2");
  CHECK(ValueOf(self, "weir_lines_total{verdict=\"sampled\"}") == "2");
}

TEST_CASE("whole counters stay exact past 2^53", "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("big:9007199254740992|c");
  for (int i = 0; i < 100; ++i) {
    std::string datagram;
    for (int j = 0; j < 100; ++j) datagram += "big:1|c\n";
    pipeline.Send(datagram);
  }
  CHECK(ValueOf(pipeline.Page(), "big") == NumberText(9007199254740992.0 + 10'000));
}

TEST_CASE("a sampled counter counts what it stands for, a gauge what it says", "[ingest]") {
  const std::string page = PageAfter("c:1|c|@0.1\nc:1|c|@0.1\ng:3|g|@0.2");
  CHECK(ValueOf(page, "c") == "20");
  CHECK(ValueOf(page, "g") == "3");
}

TEST_CASE("a sampled observation counts with the weight the peer reaches by repeating it",
          "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("t:0.5|ms|@0.1\nt:1|h|@0.3\nhuge:2|h|@1e-9");
  const std::string page = pipeline.Page();
  CHECK(ValueOf(page, "t_count") == "13");
  CHECK(std::atof(ValueOf(page, "t_sum").value().c_str()) == Approx(3.005));
  CHECK(ValueOf(page, "huge_count") == NumberText(999'999'999));
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "statsd_exporter_samples_total") == "3");
  CHECK(ValueOf(self, "statsd_exporter_events_total{type=\"observer\"}") ==
        NumberText(1'000'000'012));
  CHECK(Conserves(self));
}

TEST_CASE("an observation that stands for none is dropped and counted", "[ingest]") {
  const std::string self = SelfAfter("t:1|ms|@2\nt:1|ms|@-1\nt:1|h|@nan\nt:1|h");
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"void_sample_rate\"}") == "3");
  CHECK(ValueOf(self, "statsd_exporter_events_error_total{reason=\"void_sample_rate\"}") == "3");
  CHECK(ValueOf(self, "weir_samples_applied_total") == "1");
  CHECK(Conserves(self));
}

TEST_CASE("gauges add when they have a sign", "[ingest]") {
  CHECK(ValueOf(PageAfter("g:333|g\ng:-10|g\ng:+4|g"), "g") == "327");
  Pipeline absolute(1, {.parser = {.relative_gauges = false}});
  absolute.Send("g:333|g\ng:-10|g");
  CHECK(ValueOf(absolute.Page(), "g") == "-10");
}

TEST_CASE("the members of a set are told apart by all their bytes", "[ingest]") {
  CHECK(ValueOf(PageAfter("s:bob|s\ns:bob:x|s\ns:bob|s\ns:1|s\ns:1.0|s"), "s") == "4");
}

TEST_CASE("a set is refused when sets are off", "[ingest]") {
  Pipeline pipeline(1, {.parser = {.sets = false}});
  pipeline.Send("s:1|s");
  CHECK(pipeline.Page().empty());
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "statsd_exporter_sample_errors_total{reason=\"illegal_event\"}") == "1");
  CHECK(Conserves(self));
}

TEST_CASE("events and checks are recognised, counted and no errors", "[ingest]") {
  const std::string self = SelfAfter("_e{5,4}:title|text\n_sc|Redis|0|#env:prod\n_e{9:bad|c");
  CHECK(ValueOf(self, "weir_lines_total{verdict=\"event\"}") == "1");
  CHECK(ValueOf(self, "weir_lines_total{verdict=\"check\"}") == "1");
  CHECK(Conserves(self));
}

// --- Tags --------------------------------------------------------------------------------------

TEST_CASE("samples with tags and bad tags are counted alike the first and every further time",
          "[ingest]") {
  struct Row {
    std::string line;
    int tags;
    int errors;
  };
  const Row rows[] = {
      {"foo:1|c", 0, 0},
      {"foo:1|c|#a:b", 1, 0},
      {"foo:1|c|#a:b,,", 1, 1},
      {"foo:1|c|#,,", 0, 2},
      {"foo,a=b,,c:1|c", 1, 2},
      {"foo,,a=b:1|c:2|c:3|c", 3, 1},
      {"foo:1:2|h|#a", 0, 2},
      {"foo,x:1|c|#c:d", 1, 1},
      {"[tag1=bar,tag2=bazfoo.test:100|c", 0, 1},
      {"foo,a,b,c,d,e,f,g,h,i,j:1|c", 0, 10},
      {"foo,a,b,c,d,e,f,g,h,i,j:1|c:1|c", 0, 10},
      {"foo:1|c|#a,b,c,d,e,f,g,h,i,j", 0, 10},
      {"foo,a=b:1|c:bad|c:2|c", 2, 0},
      {"foo,a=b,x:bad|c:1|c", 1, 1},
      {"foo,a=b,x:1|c|@2:1|g", 2, 1},
      {"conflict:1|c\nconflict,a=b:1|g", 1, 0},
      {"neg,a=b:-1|c", 1, 0},
  };
  for (const uint32_t shards : {1u, 3u}) {
    for (const Row& row : rows) {
      Pipeline pipeline(shards);
      for (int times = 1; times <= 3; ++times) {
        pipeline.Send(row.line, static_cast<uint32_t>(times) % shards);
        pipeline.Settle();
        const std::string self = SelfPage(pipeline.Reports());
        INFO(row.line);
        CHECK(ValueOf(self, "statsd_exporter_tags_total") == NumberText(times * row.tags));
        CHECK(ValueOf(self, "statsd_exporter_tag_errors_total") == NumberText(times * row.errors));
      }
    }
  }
}

TEST_CASE("all dialects of tags reach one series", "[ingest]") {
  const std::string page =
      PageAfter("m,a=b:1|c\nm#a=b:1|c\nm[a=b]:1|c\n[a=b]m:1|c\nm:1|c|#a:b\nm:1|c|#a:b,bad");
  CHECK(page == "# TYPE m counter\nm{a=\"b\"} 6\n");
}

TEST_CASE("the order of tags makes no difference to the series", "[ingest]") {
  CHECK(PageAfter("m:1|c|#a:1,b:2\nm:1|c|#b:2,a:1\nm:1|c|#b:2|#a:1") ==
        "# TYPE m counter\nm{a=\"1\",b=\"2\"} 3\n");
}

TEST_CASE("a container id is a label with other tags and without", "[ingest]") {
  CHECK(PageAfter("m:1|c|c:abc\nm:1|c|#a:b|c:abc") ==
        "# TYPE m counter\nm{container_id=\"abc\"} 1\nm{a=\"b\",container_id=\"abc\"} 1\n");
  Pipeline ignoring(1, {.parser = {.container_id = false}});
  ignoring.Send("m:1|c|c:abc");
  CHECK(ignoring.Page() == "# TYPE m counter\nm 1\n");
}

// --- Refusals ----------------------------------------------------------------------------------

TEST_CASE("every refused sample moves a counter that the peer has too", "[ingest]") {
  struct Row {
    std::string lines;
    std::string series;
  };
  const Row rows[] = {
      {"n:-1|c", "statsd_exporter_events_error_total{reason=\"illegal_negative_counter\"}"},
      {"n:1|c\nn:-1|c", "statsd_exporter_events_error_total{reason=\"illegal_negative_counter\"}"},
      {",a=b:1|c", "statsd_exporter_events_error_total{reason=\"empty_metric_name\"}"},
      {"m:1|c|#__x:1", "statsd_exporter_events_error_total{reason=\"illegal_label_name\"}"},
      {"m:1|ms|#le:1", "statsd_exporter_events_error_total{reason=\"illegal_label_name\"}"},
      {"x1:1|c\nx1:1|g",
       "statsd_exporter_events_conflict_total{metric_name=\"x1\",type=\"gauge\"}"},
      {"x2:1|h\nx2.sum:1|c",
       "statsd_exporter_events_conflict_total{metric_name=\"x2_sum\",type=\"counter\"}"},
      {"x3:1|g\nx3:1|s",
       "statsd_exporter_events_conflict_total{metric_name=\"x3\",type=\"gauge\"}"},
      {"x4:1|s\nx4:1|ms",
       "statsd_exporter_events_conflict_total{metric_name=\"x4\",type=\"observer\"}"},
  };
  for (const Row& row : rows) {
    for (const size_t memo : {size_t{0}, size_t{1000}}) {
      Pipeline pipeline(1, {.parser = {}, .memo_entries = memo});
      for (int times = 1; times <= 3; ++times) {
        pipeline.Send(row.lines);
        const std::string self = SelfPage(pipeline.Reports());
        INFO(row.lines);
        CHECK(ValueOf(self, row.series) == NumberText(times));
        CHECK(SumOf(self, "weir_samples_dropped_total") == times);
        CHECK(Conserves(self));
      }
    }
  }
}

TEST_CASE("names of our own metrics are refused at ingest", "[ingest]") {
  Pipeline pipeline;
  pipeline.table().Reserve("statsd_exporter_lines_total");
  pipeline.Send("statsd_exporter_lines_total:1|c\nstatsd.exporter.lines.total:1|g|#a:b");
  CHECK(pipeline.Page().empty());
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "statsd_exporter_events_error_total{reason=\"reserved_name\"}") == "2");
  CHECK(Conserves(self));
}

TEST_CASE("a weighted observation that is refused counts as the peer's events", "[ingest]") {
  const std::string self = SelfAfter("w:1|c\nw:1|ms|@0.1");
  CHECK(
      ValueOf(self, "statsd_exporter_events_conflict_total{metric_name=\"w\",type=\"observer\"}") ==
      "10");
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"type_conflict\"}") == "1");
}

TEST_CASE("a negative counter does not stand in the way of the next one", "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("c:-1|c");
  CHECK(pipeline.Page().empty());
  pipeline.Send("c:5|c\nc:-2|c\nc:1|c");
  CHECK(ValueOf(pipeline.Page(), "c") == "6");
}

TEST_CASE("what was refused is admitted once the reason is gone", "[ingest]") {
  Pipeline pipeline;
  pipeline.SetMapper(MapperOf("mappings:\n- match: g.*\n  name: m\n  ttl: 1s\n"));
  pipeline.Send("g.x:1|g\nm:1|c\nm:1|c");
  CHECK(pipeline.Page() == "# TYPE m gauge\nm 1\n");
  pipeline.clock.Advance(2 * kNanosPerSecond);
  for (int i = 0; i < 16; ++i) pipeline.table().Expire(pipeline.clock.NowNanos(), 16);
  pipeline.Send("m:1|c");
  CHECK(pipeline.Page() == "# TYPE m counter\nm 1\n");
}

TEST_CASE("a series that expired is made anew by the next sample", "[ingest]") {
  Pipeline pipeline;
  pipeline.SetMapper(MapperOf("defaults:\n  ttl: 1s\n"));
  pipeline.Send("c:10|c\nt:1|ms\ns:1|s");
  pipeline.clock.Advance(2 * kNanosPerSecond);
  for (int i = 0; i < 16; ++i) pipeline.table().Expire(pipeline.clock.NowNanos(), 16);
  CHECK(pipeline.Page().empty());
  pipeline.Send("c:1|c");
  CHECK(pipeline.Page() == "# TYPE c counter\nc 1\n");
}

// --- Rules -------------------------------------------------------------------------------------

TEST_CASE("rules that share a pattern keep their own scale", "[ingest]") {
  Pipeline pipeline;
  pipeline.SetMapper(
      MapperOf("mappings:\n"
               "- match: a.*\n  match_metric_type: counter\n  name: c_$1\n  scale: 2\n"
               "- match: a.*\n  match_metric_type: gauge\n  name: g_$1\n  scale: 10\n"));
  pipeline.Send("a.x:1|c\na.y:1|g");
  pipeline.Send("a.x:1|c\na.y:1|g");
  const std::string page = pipeline.Page();
  CHECK(ValueOf(page, "c_x") == "4");
  CHECK(ValueOf(page, "g_y") == "10");
}

TEST_CASE("a dropping rule drops and is counted", "[ingest]") {
  Pipeline pipeline;
  pipeline.SetMapper(MapperOf(
      "mappings:\n- match: noise.*\n  name: n\n  action: drop\n- match: a.*\n  name: a\n"));
  for (int i = 0; i < 3; ++i) pipeline.Send("noise.x:1|c\nnoise.y:1|ms|@0.5\na.b:1|c\nfree:1|c");
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "statsd_exporter_events_actions_total{action=\"drop\"}") == "9");
  CHECK(ValueOf(self, "statsd_exporter_events_actions_total{action=\"map\"}") == "3");
  CHECK(ValueOf(self, "statsd_exporter_events_unmapped_total") == "3");
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"mapping_rule\"}") == "6");
  CHECK(Conserves(self));
}

TEST_CASE("a rule whose name comes out empty is no action", "[ingest]") {
  Pipeline pipeline;
  pipeline.SetMapper(MapperOf("mappings:\n- match: .*_bar\n  match_type: regex\n  name: ${1}\n"));
  pipeline.Send("foo_bar:1|c\nfoo_bar:1|c");
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "statsd_exporter_events_error_total{reason=\"empty_metric_name\"}") == "2");
  CHECK(SumOf(self, "statsd_exporter_events_actions_total") == 0);
  CHECK(Conserves(self));
}

TEST_CASE("new rules apply to names seen before, and values are kept", "[ingest]") {
  Pipeline pipeline(2);
  for (uint32_t shard = 0; shard < 2; ++shard) pipeline.Send("a.b:1|c\nkept:1|c", shard);
  pipeline.Settle();
  pipeline.SetMapper(MapperOf("mappings:\n- match: a.*\n  name: mapped\n  labels: {part: $1}\n"));
  for (uint32_t shard = 0; shard < 2; ++shard) pipeline.Send("a.b:1|c\nkept:1|c", shard);
  pipeline.Settle();
  const std::string page = pipeline.Page();
  CHECK(ValueOf(page, "a_b") == "2");
  CHECK(ValueOf(page, "kept") == "4");
  CHECK(ValueOf(page, "mapped{part=\"b\"}") == "2");
}

// --- Between shards ----------------------------------------------------------------------------

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

// --- The memo ----------------------------------------------------------------------------------

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

// --- Conservation ------------------------------------------------------------------------------

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
