// Ingest: how often it has to take a sample apart that it has seen just before.
#include <string>

#include "exporter/ingest.h"
#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("the values of a packed line are one first sight", "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("t:1" + Repeated(":2", 500) + "|ms|#a:b,c:d");
  CHECK(pipeline.Reports()[0].stats.memo_misses == 1);
  CHECK(ValueOf(pipeline.Page(), "t_count{a=\"b\",c=\"d\"}") == "501");
}

TEST_CASE("so are they behind more bad tags than the memo can count", "[ingest]") {
  // A sight of them takes the memo's first look, and none of the others takes the tags apart.
  for (const std::string name : {"t#", "t,", "t["}) {
    Pipeline pipeline;
    const std::string end = name == "t[" ? "]" : "";
    pipeline.Send(name + Repeated(",", 20) + "a=b" + end + ":1" + Repeated(":2", 500) + "|ms");
    INFO(name);
    const std::string self = SelfPage(pipeline.Reports());
    CHECK(ValueOf(pipeline.Page(), "t_count{a=\"b\"}") == "501");
    // As without remembering: those of a name count once a line.
    CHECK(SumOf(self, "statsd_exporter_tag_errors_total") >= 20);
    CHECK(SumOf(self, "statsd_exporter_tag_errors_total") <= 21);
    CHECK(Conserves(self));
  }
  Pipeline pipeline;
  pipeline.Send("t:1:2:3|ms|#" + Repeated(",", 20) + "a:b");
  CHECK(SumOf(SelfPage(pipeline.Reports()), "statsd_exporter_tag_errors_total") == 3 * 20);
}

TEST_CASE("counters that would go down are told apart from those that would not", "[ingest]") {
  Pipeline pipeline;
  pipeline.Send("c:-1:-2:3:-4:5:-6|c");
  CHECK(ValueOf(pipeline.Page(), "c") == "8");
  const std::string self = SelfPage(pipeline.Reports());
  CHECK(ValueOf(self, "weir_samples_dropped_total{reason=\"illegal_negative_counter\"}") == "4");
  CHECK(Conserves(self));

  Pipeline upside_down;
  upside_down.SetMapper(MapperOf("mappings:\n- {match: c, name: c, scale: -1}\n"));
  upside_down.Send("c:1:2:-3:4:-5:6|c");
  CHECK(ValueOf(upside_down.Page(), "c") == "8");
}

TEST_CASE("what was the last sight is none under new rules", "[ingest]") {
  Pipeline pipeline;
  const std::string line = "a.b#" + Repeated(",", 20) + "x=y:1|c";
  pipeline.Send(line);
  pipeline.Send(line);
  pipeline.SetMapper(MapperOf("mappings:\n- {match: 'a.*', name: mapped}\n"));
  pipeline.Send(line);
  CHECK(ValueOf(pipeline.Page(), "a_b{x=\"y\"}") == "2");
  CHECK(ValueOf(pipeline.Page(), "mapped{x=\"y\"}") == "1");
}

}  // namespace
}  // namespace weir
