// Ingest: what is refused or dropped, by its nature or by a rule, and how that is counted.
#include <string>

#include "exporter/ingest.h"
#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

std::string SelfAfter(std::string_view datagram) {
  Pipeline pipeline;
  pipeline.Send(datagram);
  return SelfPage(pipeline.Reports());
}

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

}  // namespace
}  // namespace weir
