#include "exporter/shard.h"

#include <chrono>
#include <string>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/shard_group.h"

namespace weir {
namespace {

std::string OwnedBy(uint32_t owner, uint32_t shards) {
  std::string name = "n";
  while (SeriesTable::OwnerOf(name, shards) != owner) name += "n";
  return name;
}

// Turns of the real clock until `condition` holds; false when it never does.
template <class Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + ShardGroup::kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_CASE("a shard takes what its socket gets", "[shard]") {
  ShardGroup group(1);
  group.Send(0, "hits:1|c\nhits:2|c");
  group.Settle();
  CHECK(ValueOf(group.Page(), "hits") == "3");
  const std::vector<ShardReport> reports = group.Reports();
  REQUIRE(reports.size() == 1);
  REQUIRE(reports[0].listeners.size() == 1);
  CHECK(reports[0].listeners[0].counters.datagrams == 1);
  CHECK(reports[0].listeners[0].open);
  CHECK(reports[0].listeners[0].kernel_drops == 0);
  CHECK(reports[0].series[static_cast<size_t>(SeriesKind::kCounter)] == 1);
  CHECK(reports[0].families == 1);
  CHECK(reports[0].memo_entries == 1);
  CHECK(reports[0].memo_bytes > 0);
  CHECK(group.shard(0).listening());
}

TEST_CASE("a sample reaches its owner within a flush, without being asked for", "[shard]") {
  ShardGroup group(2);
  const std::string name = OwnedBy(1, 2);
  group.Send(0, name + ":1|c");
  CHECK(Eventually([&] { return ValueOf(group.Page(), name) == "1"; }));
  group.Send(0, name + ":1|c");
  CHECK(Eventually([&] { return ValueOf(group.Page(), name) == "2"; }));
}

TEST_CASE("many shards add to one series", "[shard]") {
  ShardGroup group(4);
  for (uint32_t i = 0; i < 400; ++i) {
    group.Send(i % 4, "sum:1|c\nsum:1|c\ntimer:1|h");
    if (i % 100 == 99) group.Settle();
  }
  const std::string page = group.Page();
  CHECK(ValueOf(page, "sum") == "800");
  CHECK(ValueOf(page, "timer_count") == "400");
}

TEST_CASE("series expire on the shard's own clock once rules are set", "[shard]") {
  ShardGroup group(2);
  group.SetMapper(
      std::make_shared<const Mapper>(MapperOptions{.default_ttl = std::chrono::seconds(30)}));
  group.Send(0, "a:1|c\nb:1|c\nc:1|c");
  group.Settle();
  group.Advance(29 * kNanosPerSecond);
  CHECK(LinesOf(WithoutHelp(group.Page())).size() == 6);
  group.Advance(2 * kNanosPerSecond);
  CHECK(Eventually([&] { return group.Page().empty(); }));
}

TEST_CASE("names that were reserved are refused", "[shard]") {
  ShardGroup group(2);
  group.Send(0, "weir_series:1|g\nweir_series:1|g");
  group.Send(1, "weir_series:1|g");
  group.Settle();
  CHECK(group.Page().empty());
  CHECK(SumOf(SelfPage(group.Reports()), "weir_samples_dropped_total") == 3);
}

TEST_CASE("draining takes what sockets and other shards still hold", "[shard]") {
  ShardGroup group(2);
  const std::string name = OwnedBy(1, 2);
  for (int i = 0; i < 100; ++i) group.Send(0, name + ":1|c\n" + OwnedBy(0, 2) + ":1|c");
  group.Do(0, [&] { group.shard(0).DrainSockets(); });
  group.Do(1, [&] { group.shard(1).DrainExchange(); });
  const std::string page = group.Page();
  CHECK(ValueOf(page, name) == "100");
  CHECK(ValueOf(page, OwnedBy(0, 2)) == "100");
}

TEST_CASE("the heartbeat follows the clock", "[shard]") {
  ShardGroup group(1);
  group.Advance(5 * kNanosPerSecond);
  CHECK(group.shard(0).last_turn() == group.clock.NowNanos());
}

TEST_CASE("tasks posted before a stop are done, and a stop may come twice", "[shard]") {
  SteadyClock clock;
  Exchange exchange(1);
  Shard shard({}, 0, &exchange, clock);
  shard.Start();
  int done = 0;
  for (int i = 0; i < 100; ++i) shard.Post([&] { ++done; });
  shard.Stop();
  CHECK(done == 100);
  shard.Stop();
}

TEST_CASE("a shard that was never started goes quietly", "[shard]") {
  SteadyClock clock;
  Exchange exchange(2);
  Shard shard({}, 1, &exchange, clock);
  shard.Stop();
}

TEST_CASE("64 shards start, work and stop", "[shard]") {
  ShardGroup group(64);
  for (uint32_t id = 0; id < 64; ++id) group.Send(id, "all:1|c\nown" + std::to_string(id) + ":1|c");
  group.Settle();
  const std::string page = group.Page();
  CHECK(ValueOf(page, "all") == "64");
  CHECK(ValueOf(page, "own63") == "1");
}

}  // namespace
}  // namespace weir
