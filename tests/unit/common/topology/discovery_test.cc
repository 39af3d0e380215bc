#include "common/topology/discovery.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/log.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

constexpr seconds kPatience(20);

// Answers as told. Shared with the threads that look: one that hangs may outlive its test.
class World {
 public:
  void Say(const std::string& where, std::vector<Part> parts) {
    std::lock_guard lock(mutex_);
    parts_[where] = std::move(parts);
  }
  void Say(const std::string& where, const Texts& addresses) {
    Say(where, {{"", TargetsOf(addresses)}});
  }
  void Fail(const std::string& where) { Say(where, {{"", Error{"no answer"}}}); }
  void Hang(bool hung) {
    std::lock_guard lock(mutex_);
    hung_ = hung;
    changed_.notify_all();
  }
  int asked(const std::string& where) {
    std::lock_guard lock(mutex_);
    return asked_[where];
  }
  std::set<std::string> known() {
    std::lock_guard lock(mutex_);
    return known_;
  }

  static std::vector<Target> TargetsOf(const Texts& addresses) {
    std::vector<Target> targets;
    for (const std::string& address : addresses) targets.push_back({address, {}, 0});
    return targets;
  }

  Findings Look(const DiscoverConfig& source, const std::set<std::string>& known) {
    std::unique_lock lock(mutex_);
    ++asked_[source.where];
    known_ = known;
    changed_.wait(lock, [&] { return !hung_; });
    return {parts_[source.where], {}};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Part>> parts_;
  std::map<std::string, int> asked_;
  std::set<std::string> known_;
  bool hung_ = false;
};

DiscoverConfig Srv(const std::string& where) {
  DiscoverConfig source;
  source.kind = DiscoverKind::kSrv;
  source.where = where;
  return source;
}

struct Fixture {
  explicit Fixture(const DiscoveryOptions& options = {.interval = milliseconds(1),
                                                      .retry_interval = milliseconds(1)}) {
    ConfigureLog({.level = LogLevel::kError});
    discovery = std::make_unique<Discovery>(
        loop, options, [this] { ++changes; },
        [its = world](const DiscoverConfig& source, const std::set<std::string>& known) {
          return its->Look(source, known);
        });
  }
  ~Fixture() { ConfigureLog({}); }

  Texts labels() const {
    Texts all;
    for (const DownstreamConfig& one : discovery->downstreams()) all.push_back(one.label);
    return all;
  }
  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  // A look begins only when what came of the one before it was taken.
  bool UntilAnswered(const std::string& where, int times) {
    const int enough = world->asked(where) + times + 1;
    return Until([&] { return world->asked(where) >= enough; });
  }

  SteadyClock clock;
  EventLoop loop{clock};
  std::shared_ptr<World> world = std::make_shared<World>();
  int changes = 0;
  std::unique_ptr<Discovery> discovery;
};

TEST_CASE("what a new source stands for is known when SetSources returns, without a call",
          "[discovery]") {
  Fixture f({.interval = hours(1), .retry_interval = hours(1)});
  f.world->Say("s", Texts{"b:1", "a:1"});
  f.world->Say("r", Texts{"z:1"});
  f.discovery->SetSources({Srv("s"), Srv("r")}, kPatience);
  CHECK(f.labels() == Texts{"a:1", "b:1", "z:1"});
  f.loop.Turn();
  CHECK(f.changes == 0);
}

TEST_CASE("another order of the same answer is no change, another answer is told once",
          "[discovery]") {
  Fixture f;
  f.world->Say("s", Texts{"a:1", "b:1", "c:1"});
  f.discovery->SetSources({Srv("s")}, kPatience);
  f.world->Say("s", Texts{"c:1", "a:1", "b:1", "a:1"});
  REQUIRE(f.UntilAnswered("s", 3));
  CHECK(f.changes == 0);
  f.world->Say("s", Texts{"c:1", "d:1"});
  REQUIRE(f.UntilAnswered("s", 3));
  CHECK(f.changes == 1);
  CHECK(f.labels() == Texts{"c:1", "d:1"});
}

TEST_CASE("an answer that fails or is empty keeps what there was, and is counted", "[discovery]") {
  Fixture f;
  f.world->Say("s", Texts{"a:1", "b:1"});
  f.discovery->SetSources({Srv("s")}, kPatience);
  f.world->Fail("s");
  REQUIRE(f.UntilAnswered("s", 2));
  CHECK(f.labels() == Texts{"a:1", "b:1"});
  CHECK(f.discovery->Report().at(0).failures >= 2);
  f.world->Say("s", Texts{});
  REQUIRE(f.UntilAnswered("s", 2));
  f.world->Say("s", std::vector<Part>{});
  REQUIRE(f.UntilAnswered("s", 2));
  CHECK(f.labels() == Texts{"a:1", "b:1"});
  CHECK(f.changes == 0);
  const SourceReport report = f.discovery->Report().at(0);
  CHECK(report.empty >= 4);
  CHECK(report.successes >= 1);
  CHECK(report.downstreams == 2);
  CHECK(report.where == "s");
}

TEST_CASE("a file that fails keeps its own, and one that is gone takes its own along",
          "[discovery]") {
  Fixture f;
  const auto part = [](const std::string& name, const Texts& addresses) {
    return Part{name, World::TargetsOf(addresses)};
  };
  f.world->Say("s", {part("1", {"a:1"}), part("2", {"b:1"}), part("3", {"c:1"})});
  f.discovery->SetSources({Srv("s")}, kPatience);
  f.world->Say("s", {Part{"1", Error{"torn"}}, part("2", {"b:1", "d:1"})});
  REQUIRE(f.UntilAnswered("s", 2));
  CHECK(f.labels() == Texts{"a:1", "b:1", "d:1"});
  // Nothing would be left: all stay.
  f.world->Say("s", {part("2", {})});
  REQUIRE(f.UntilAnswered("s", 2));
  CHECK(f.labels() == Texts{"a:1", "b:1", "d:1"});
}

TEST_CASE("after no answer a source is asked at the retry interval", "[discovery]") {
  Fixture f({.interval = hours(1), .retry_interval = milliseconds(1)});
  f.world->Fail("s");
  f.discovery->SetSources({Srv("s")}, kPatience);
  CHECK(f.labels().empty());
  REQUIRE(f.UntilAnswered("s", 2));
  f.world->Say("s", Texts{"a:1"});
  REQUIRE(f.Until([&] { return f.changes == 1; }));
  const int asked = f.world->asked("s");
  const auto end = std::chrono::steady_clock::now() + milliseconds(20);
  REQUIRE(f.Until([&] { return std::chrono::steady_clock::now() > end; }));
  CHECK(f.world->asked("s") == asked);
}

TEST_CASE("a source that hangs is waited for no longer than told", "[discovery]") {
  Fixture f;
  f.world->Say("s", Texts{"a:1"});
  f.world->Hang(true);
  f.discovery->SetSources({Srv("s")}, milliseconds(20));
  CHECK(f.labels().empty());
  f.world->Hang(false);
  REQUIRE(f.Until([&] { return f.changes == 1; }));
  CHECK(f.labels() == Texts{"a:1"});
}

TEST_CASE("a source that stays keeps what it has, is asked again, and follows its configuration",
          "[discovery]") {
  Fixture f({.interval = hours(1), .retry_interval = hours(1)});
  f.world->Say("s", Texts{"a:1"});
  f.discovery->SetSources({Srv("s")}, kPatience);
  f.world->Fail("s");
  DiscoverConfig heavier = Srv("s");
  heavier.like.weight = 9;
  f.discovery->SetSources({heavier}, kPatience);
  REQUIRE(f.discovery->downstreams().size() == 1);
  CHECK(f.discovery->downstreams()[0].weight == 9);
  REQUIRE(f.Until([&] { return f.world->asked("s") == 2; }));
  CHECK(f.world->known() == std::set<std::string>{"a:1"});
}

TEST_CASE("a source that was forgotten is not heard of again", "[discovery]") {
  Fixture f;
  f.world->Say("s", Texts{"a:1"});
  f.world->Say("r", Texts{"b:1"});
  f.world->Hang(true);
  f.discovery->SetSources({Srv("s")}, milliseconds(1));
  f.discovery->SetSources({Srv("r")}, milliseconds(1));
  f.world->Hang(false);
  REQUIRE(f.UntilAnswered("r", 3));
  CHECK(f.labels() == Texts{"b:1"});
  REQUIRE(f.Until([&] { return f.world->asked("s") > 0; }));
  CHECK(f.world->asked("s") == 1);
}

TEST_CASE("it ends while a source hangs, and the answer then harms nobody", "[discovery]") {
  std::shared_ptr<World> world;
  {
    Fixture f;
    world = f.world;
    world->Hang(true);
    f.discovery->SetSources({Srv("s")}, milliseconds(1));
    REQUIRE(f.Until([&] { return world->asked("s") == 1; }));
    f.discovery.reset();
    f.loop.Turn();
  }
  world->Hang(false);
  // The thread lets go of what it shares when it ends.
  const SteadyClock clock;
  EventLoop loop(clock);
  CHECK(RunUntil(loop, [&] { return world.use_count() == 1; }));
}

}  // namespace
}  // namespace weir
