#include "exporter/conflicts.h"

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "tests/support/catch.h"

namespace weir {
namespace {

// The list of names belongs to the process, so what fills it is tried in a process of its own.
bool HoldsInChild(const std::function<bool()>& property) {
  const pid_t child = fork();
  if (child == 0) _exit(property() ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

TEST_CASE("conflicts are counted by type and name", "[conflicts]") {
  Conflicts conflicts;
  const uint32_t counter = conflicts.SlotOf(EventKind::kCounter, "conflicts_a");
  const uint32_t gauge = conflicts.SlotOf(EventKind::kGauge, "conflicts_a");
  const uint32_t other = conflicts.SlotOf(EventKind::kCounter, "conflicts_b");
  CHECK(std::set{counter, gauge, other}.size() == 3);
  CHECK(conflicts.SlotOf(EventKind::kCounter, "conflicts_a") == counter);
  conflicts.Add(counter, 2);
  conflicts.Add(counter, 3);
  conflicts.Add(other, 1);
  REQUIRE(conflicts.counts().size() == 3);
  CHECK(conflicts.counts()[counter].events == 5);
  CHECK(conflicts.counts()[counter].kind == EventKind::kCounter);
  CHECK(conflicts.counts()[counter].family == "conflicts_a");
  CHECK(conflicts.counts()[gauge].events == 0);
  CHECK(conflicts.counts()[other].family == "conflicts_b");
}

TEST_CASE("a hundred names are told, the rest together", "[conflicts]") {
  CHECK(HoldsInChild([] {
    Conflicts one, another;
    for (int i = 0; i < 1000; ++i) {
      Conflicts& here = i % 2 == 0 ? one : another;
      here.Add(here.SlotOf(EventKind::kCounter, "many_" + std::to_string(i)), 1);
      here.Add(here.SlotOf(EventKind::kObserver, "many_" + std::to_string(i)), 1);
    }
    std::set<std::string> names;
    uint64_t events = 0;
    for (const Conflicts* conflicts : {&one, &another}) {
      if (conflicts->counts().size() > 3 * (Conflicts::kMostNames + 1)) return false;
      for (const auto& count : conflicts->counts()) {
        names.insert(count.family);
        events += count.events;
      }
    }
    // Both shards know "other"; the names of all of them are at most a hundred.
    return names.size() <= Conflicts::kMostNames + 1 && names.size() > 50 &&
           names.contains("other") && events == 2000;
  }));
}

TEST_CASE("a name that is told stays told when the list is full", "[conflicts]") {
  CHECK(HoldsInChild([] {
    Conflicts conflicts;
    const uint32_t first = conflicts.SlotOf(EventKind::kGauge, "the_first");
    for (int i = 0; i < 200; ++i) conflicts.SlotOf(EventKind::kGauge, "full_" + std::to_string(i));
    Conflicts later;  // another shard, which had not seen it yet
    const uint32_t known = later.SlotOf(EventKind::kGauge, "the_first");
    return conflicts.counts()[first].family == "the_first" &&
           later.counts()[known].family == "the_first" &&
           conflicts.SlotOf(EventKind::kGauge, "never_seen") ==
               conflicts.SlotOf(EventKind::kGauge, "also_never_seen");
  }));
}

}  // namespace
}  // namespace weir
