// Ingest: samples of one series keep their order, and how lines come together changes nothing.
#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "exporter/ingest.h"
#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/page.h"
#include "tests/support/pipeline.h"
#include "tests/support/self_page.h"

namespace weir {
namespace {

// Lines of a few series of every kind, simple and not, good and bad, known by several names.
std::vector<std::string> RandomLines(std::mt19937* random, size_t count) {
  static const std::vector<std::string> kLines = {
      "count:3|c",
      "count:-1|c",
      "count:2|c|@0.5",
      "count:1:2|c",
      "level:7|g",
      "level:+2|g",
      "level:-1|g",
      "level:9|g|#a:1,b:2",
      "level:8|g|#b:2,a:1",
      "level,a=1,b=2:6|g",
      "level[a=1,b=2]:+1|g",
      "time:12|ms",
      "time:1.5|h",
      "time:3|d|@0.1",
      "time:4|ms|#a:1,b:2",
      "time:5:6|ms|#b:2,a:1",
      "members:x|s",
      "up.down:1|c",
      "up.down:5|g",
      "dropped:1|c",
      "broken",
      "level:x|g",
      "level:1|x",
      "_sc|check|0",
      "a:b:1|c",
      "level:1|g|#",
      "count:1|c|#a,",
      "count,a:1|c",
      ":1|c",
      "count:5|c\r",
      "count:5|c|#a:1\r",
      "n\xC3\xA9:1|c",
      "\xFF:1|c",
      "time:1|g",
      "hist:0.3|ms",
      "hist:1|ms|#a:1",
  };
  std::vector<std::string> lines;
  // A few at a time, or runs of known simple lines would be rare.
  const size_t some = 1 + (*random)() % kLines.size();
  for (size_t i = 0; i < count; ++i) lines.push_back(kLines[(*random)() % some]);
  return lines;
}

constexpr std::string_view kRules = R"(
mappings:
- match: dropped
  name: dropped
  action: drop
- match: up.down
  name: up_down
  match_metric_type: counter
- match: hist
  name: hist
  observer_type: histogram
)";

TEST_CASE("lines have the same effect one by one and all together", "[ingest]") {
  const auto mapper = MapperOf(kRules);
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Pipeline one_by_one, together;
    for (Pipeline* pipeline : {&one_by_one, &together}) pipeline->SetMapper(mapper);
    for (int batch = 0; batch < 3; ++batch) {
      std::string all;
      for (const std::string& line : RandomLines(&random, 1 + random() % 100)) {
        one_by_one.Send(line);
        all += (all.empty() ? "" : "\n") + line;
      }
      together.Send(all);
    }
    REQUIRE(together.Page() == one_by_one.Page());
    const ShardStats& a = together.ingest().stats();
    const ShardStats& b = one_by_one.ingest().stats();
    REQUIRE(a.lines == b.lines);
    REQUIRE(a.applied == b.applied);
    REQUIRE(a.memo_gets == b.memo_gets);
    REQUIRE(a.tags == b.tags);
    REQUIRE(a.tag_errors == b.tag_errors);
    REQUIRE(a.events_applied == b.events_applied);
    REQUIRE(a.events_mapped == b.events_mapped);
    REQUIRE(a.events_unmapped == b.events_unmapped);
    REQUIRE(a.refused == b.refused);
    REQUIRE(a.dropped_by_rule == b.dropped_by_rule);
    REQUIRE(a.parse.samples == b.parse.samples);
    REQUIRE(std::equal(std::begin(a.parse.lines), std::end(a.parse.lines), b.parse.lines));
    REQUIRE(std::equal(std::begin(a.parse.errors), std::end(a.parse.errors), b.parse.errors));
  }
}

TEST_CASE("the last value of a gauge wins, by whichever name it came", "[ingest]") {
  Pipeline pipeline;
  const std::string names[] = {"g|#a:1,b:2", "g|#b:2,a:1"};
  for (int round = 0; round < 4; ++round) {
    std::string datagram;
    int last = 0;
    for (int i = 0; i < 20; ++i) {
      last = round * 100 + i;
      datagram += "c:1|c\nx:" + std::to_string(last) + "|" + names[i * 7 % 5 % 2] + "\nt:1|ms\n";
    }
    pipeline.Send(datagram);
    CHECK(ValueOf(pipeline.Page(), "x{a=\"1\",b=\"2\"}") == std::to_string(last));
  }
  CHECK(ValueOf(pipeline.Page(), "c") == "80");
}

}  // namespace
}  // namespace weir
