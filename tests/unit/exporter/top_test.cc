#include "exporter/top.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mapper_of.h"
#include "tests/support/shard_group.h"

namespace weir {
namespace {

std::vector<std::string> NamesOf(TopList* list) {
  std::vector<std::string> names;
  for (const TopFamily& family : list->Take()) names.push_back(family.name);
  return names;
}

TopFamily FamilyOf(const std::string& name, size_t series) {
  return {.name = name,
          .kind = SeriesKind::kCounter,
          .series = series,
          .samples_per_second = 0,
          .new_series_per_second = 0,
          .age_seconds = 0};
}

TEST_CASE("a list keeps the best, in order, and equals by name", "[top]") {
  TopList list(3, [](const TopFamily& family) { return static_cast<double>(family.series); });
  CHECK(list.Takes(0));
  for (const auto& [name, series] : std::vector<std::pair<std::string, size_t>>{
           {"b", 5}, {"x", 1}, {"a", 5}, {"y", 2}, {"c", 9}}) {
    list.Add(FamilyOf(name, series));
  }
  CHECK_FALSE(list.Takes(5));
  CHECK(list.Takes(6));
  CHECK(NamesOf(&list) == std::vector<std::string>{"c", "a", "b"});
  CHECK(list.Take().empty());
}

std::string Tagged(const std::string& name, int tag) {
  return name + ":1|c|#n:" + std::to_string(tag);
}

TEST_CASE("the families of all shards are ranked together", "[top]") {
  ShardGroup group(3);
  group.Advance(100 * kNanosPerSecond);
  for (int i = 0; i < 30; ++i) {
    group.Send(0, Tagged("wide", i));
    if (i < 20) group.Send(1, Tagged("middle", i));
    group.Send(2, "busy:1|c\nbusy:1|c\nbusy:1|c\nsteady:1|ms");
  }
  group.Settle();
  group.Advance(60 * kNanosPerSecond);
  for (int i = 0; i < 5; ++i) group.Send(0, Tagged("late", i));
  for (int i = 0; i < 50; ++i) group.Send(1, "busy:1|c\nbusy:1|c");
  group.Settle();

  auto top = CollectTop(group.shards(), 2, ShardGroup::kPatience);
  REQUIRE(top.has_value());
  CHECK(top->families == 5);
  CHECK(top->series == 30 + 20 + 1 + 1 + 5);
  CHECK(top->refused.empty());
  CHECK(NamesOf(&top->by_series) == std::vector<std::string>{"wide", "middle"});
  const std::vector<TopFamily> by_samples = top->by_samples.Take();
  REQUIRE(by_samples.size() == 2);
  CHECK(by_samples[0].name == "busy");
  CHECK(by_samples[0].samples_per_second == Approx(10));
  CHECK(by_samples[0].kind == SeriesKind::kCounter);
  CHECK(by_samples[1].name == "late");
  CHECK(by_samples[1].samples_per_second == Approx(0.5));
  CHECK(by_samples[1].new_series_per_second == Approx(0.5));
  CHECK(by_samples[1].series == 5);
  CHECK(NamesOf(&top->by_new_series)[0] == "late");
  const std::vector<TopFamily> newest = top->newest.Take();
  CHECK(newest[0].name == "late");
  CHECK(newest[0].age_seconds == Approx(0));
  CHECK(newest[1].age_seconds == Approx(60));
}

TEST_CASE("an explosion of names that is refused is told by its latest names", "[top]") {
  SeriesBudget budget({.series = 3});
  ShardOptions options;
  options.table.budget = &budget;
  ShardGroup group(2, options);
  for (int i = 0; i < 50; ++i) group.Send(0, "user" + std::to_string(i) + ".clicks:1|c");
  group.Settle();
  const auto top = CollectTop(group.shards(), 10, ShardGroup::kPatience);
  REQUIRE(top.has_value());
  CHECK(top->families == 3);
  REQUIRE(top->refused.size() > 15);
  for (const Top::RefusedFamily& refused : top->refused) {
    CHECK(refused.name.starts_with("user"));
    CHECK(refused.refusal == Refusal::kSeriesLimit);
    CHECK(refused.seconds_ago == 0);
  }
}

TEST_CASE("more families than a slice holds are all looked at", "[top]") {
  ShardGroup group(1);
  for (int datagram = 0; datagram < 100; ++datagram) {
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "n" + std::to_string(datagram * 100 + i) + ":1|c\n";
    group.Send(0, lines);
    group.Settle();
  }
  const auto top = CollectTop(group.shards(), 1, ShardGroup::kPatience);
  REQUIRE(top.has_value());
  CHECK(top->families == 10'000);
}

}  // namespace
}  // namespace weir
