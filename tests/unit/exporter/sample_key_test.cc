#include "exporter/sample_key.h"

#include <string_view>

#include "common/parser.h"
#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/ownership_of.h"

namespace weir {
namespace {

constexpr const char* kRules = R"(mappings:
- match: jobs.*.depth
  name: job_depth
  labels: {job: $1}
- match: old.*.depth
  name: job_depth
  labels: {job: $1}
- match: only.gauges
  match_metric_type: gauge
  name: gauges
)";

uint64_t HashOf(const MadeOwnership& made, std::string_view line,
                const std::shared_ptr<const Mapper>& mapper = std::make_shared<Mapper>()) {
  const auto ownership = OwnershipOf(made);
  ParseCounters counters;
  LineReader reader(ParserOptions(), &counters);
  Sample sample;
  REQUIRE(reader.Open(line) == LineVerdict::kSampled);
  REQUIRE(reader.Next(&sample));
  return SampleKey(*ownership).HashOf(*ownership, *mapper, sample);
}

TEST_CASE("by name, tags do not matter", "[sample_key]") {
  const MadeOwnership made = {.nodes = "abc"};
  const uint64_t hash = OwnershipOf(made)->ring().HashOf("a");
  CHECK(HashOf(made, "a:1|g") == hash);
  CHECK(HashOf(made, "a:1|g|#x:1") == hash);
  CHECK(HashOf(made, "a,x=1:1|g") == hash);
}

TEST_CASE("by series, a name and its tags are a key in any order", "[sample_key]") {
  const MadeOwnership made = {.nodes = "abc", .key = KeyKind::kSeries};
  const uint64_t hash = OwnershipOf(made)->ring().HashOf("a\nx\n1\ny\n2");
  CHECK(HashOf(made, "a:1|g|#x:1,y:2") == hash);
  CHECK(HashOf(made, "a,y=2,x=1:1|g") == hash);
  CHECK(HashOf(made, "a:1|g|#x:1") != hash);
}

TEST_CASE("by rules, names that become one series have one key", "[sample_key]") {
  const MadeOwnership made = {.nodes = "abc", .key = KeyKind::kMapped};
  const auto mapper = MapperOf(kRules);
  const uint64_t hash = HashOf(made, "jobs.x.depth:1|g", mapper);
  CHECK(HashOf(made, "old.x.depth:1|g", mapper) == hash);
  CHECK(HashOf(made, "job_depth:1|g|#job:x", mapper) == hash);
  CHECK(HashOf(made, "jobs.y.depth:1|g", mapper) != hash);
  CHECK(HashOf(made, "only.gauges:1|g", mapper) == HashOf(made, "gauges:1|c", mapper));
  CHECK(HashOf(made, "only.gauges:1|c", mapper) != HashOf(made, "gauges:1|c", mapper));
}

TEST_CASE("in the placements of others the name is what they hash", "[sample_key]") {
  const MadeOwnership made = {.nodes = "abc", .placement = Placement::kHulu};
  CHECK(HashOf(made, "a,x=1:1|g") == OwnershipOf(made)->ring().HashOf("a,x=1"));
}

}  // namespace
}  // namespace weir
