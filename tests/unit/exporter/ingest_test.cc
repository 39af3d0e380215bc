#include "exporter/ingest.h"

#include <cstdlib>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

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

TEST_CASE("an observation stands for 2^32 at most, so that counts go on counting", "[ingest]") {
  const std::string self =
      SelfAfter("t:1|ms|@2.3283064365386963e-10\nt:1|ms|@2.32e-10\nt:1|h|@1.1e-19");
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"void_sample_rate\"}") == "2");
  CHECK(ValueOf(self, "statsd_exporter_events_total{type=\"observer\"}") ==
        NumberText(4'294'967'296));
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

}  // namespace
}  // namespace weir
