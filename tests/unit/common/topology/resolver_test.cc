#include "common/topology/resolver.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"

namespace weir {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Hosts = std::vector<std::string>;

// Long enough for whatever is not meant to hang.
constexpr seconds kPatience(20);

SocketAddress AddressOf(const std::string& host, uint16_t port) {
  return Resolve(host, port).value().front();
}

Endpoint At(const std::string& host, uint16_t port = 1) { return Endpoint(AddressOf(host, port)); }

// Answers as told. Shared with the threads that ask: one that hangs may outlive its test.
class NameService {
 public:
  // Empty: an error.
  void Answer(const std::string& host, Hosts addresses) {
    std::lock_guard lock(mutex_);
    addresses_[host] = std::move(addresses);
  }
  void Hang(const std::string& host) {
    std::lock_guard lock(mutex_);
    hung_.insert(host);
  }
  void Release(const std::string& host) {
    std::lock_guard lock(mutex_);
    hung_.erase(host);
    changed_.notify_all();
  }

  int asked(const std::string& host) {
    std::lock_guard lock(mutex_);
    return asked_[host];
  }
  int answered(const std::string& host) {
    std::lock_guard lock(mutex_);
    return answered_[host];
  }
  int most_at_once() {
    std::lock_guard lock(mutex_);
    return most_at_once_;
  }

  Result<std::vector<SocketAddress>> Ask(const std::string& host, uint16_t port) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    most_at_once_ = std::max(++at_once_, most_at_once_);
    changed_.wait(lock, [&] { return !hung_.contains(host); });
    --at_once_;
    ++answered_[host];
    std::vector<SocketAddress> found;
    for (const std::string& address : addresses_[host]) found.push_back(AddressOf(address, port));
    if (found.empty()) return Error{"unable to resolve " + host + ": no such name"};
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Hosts> addresses_;
  std::set<std::string> hung_;
  std::map<std::string, int> asked_;
  std::map<std::string, int> answered_;
  int at_once_ = 0;
  int most_at_once_ = 0;
};

struct Fixture {
  explicit Fixture(const ResolverOptions& options = {.interval = milliseconds(1),
                                                     .retry_interval = milliseconds(1)}) {
    ConfigureLog({.level = LogLevel::kError});
    resolver = std::make_unique<Resolver>(
        loop, options,
        [this](const std::string& name, const Endpoint& endpoint) {
          changes.emplace_back(name, endpoint);
        },
        [its = service](const std::string& host, uint16_t port) { return its->Ask(host, port); });
  }
  ~Fixture() { ConfigureLog({}); }

  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  // Until the name has been asked for and its answer taken this many times more: a question begins
  // only when the answer before it was taken.
  bool UntilAnswered(const std::string& host, int times) {
    const int enough = service->asked(host) + times + 1;
    return Until([&] { return service->asked(host) >= enough; });
  }

  SteadyClock clock;
  EventLoop loop{clock};
  std::shared_ptr<NameService> service = std::make_shared<NameService>();
  std::vector<std::pair<std::string, Endpoint>> changes;
  std::unique_ptr<Resolver> resolver;
};

TEST_CASE("literal addresses are known at once and nobody is asked for them", "[resolver]") {
  Fixture f;
  f.resolver->SetNames({"127.0.0.1:1", "[::1]:2"}, milliseconds(0));
  CHECK(f.resolver->EndpointOf("127.0.0.1:1") == At("127.0.0.1", 1));
  CHECK(f.resolver->EndpointOf("[::1]:2") == At("::1", 2));
  CHECK(f.service->most_at_once() == 0);
}

TEST_CASE("a new name is known when SetNames returns, without a call", "[resolver]") {
  Fixture f({.interval = hours(1), .retry_interval = hours(1)});
  f.service->Answer("a", {"127.0.0.1", "127.0.0.2"});
  f.service->Answer("b", {"::1"});
  f.resolver->SetNames({"a:1", "b:2", "a:1", "a:3"}, kPatience);
  CHECK(f.resolver->EndpointOf("a:1") == At("127.0.0.1", 1));
  CHECK(f.resolver->EndpointOf("b:2") == At("::1", 2));
  CHECK(f.resolver->EndpointOf("a:3") == At("127.0.0.1", 3));
  CHECK(f.service->asked("a") == 2);
  f.loop.Turn();
  CHECK(f.changes.empty());
}

TEST_CASE("a new name whose address the caller knows is not asked for now", "[resolver]") {
  Fixture f({.interval = milliseconds(1), .retry_interval = hours(1)});
  f.service->Answer("a", {"127.0.0.1"});
  f.service->Hang("a");
  f.resolver->SetNames({"a:1"}, milliseconds(0), {{"a:1", At("127.0.0.9")}});
  CHECK(f.resolver->EndpointOf("a:1") == At("127.0.0.9"));
  CHECK(f.service->asked("a") == 0);
  // Only for a name that is new.
  f.resolver->SetNames({"a:1"}, milliseconds(0), {{"a:1", At("127.0.0.8")}});
  CHECK(f.resolver->EndpointOf("a:1") == At("127.0.0.9"));
  f.service->Release("a");
  REQUIRE(f.Until([&] { return f.changes.size() == 1; }));
  CHECK(f.changes[0].second == At("127.0.0.1"));
}

TEST_CASE("the system's name service is asked when no other is given", "[resolver]") {
  const SteadyClock clock;
  EventLoop loop(clock);
  Resolver resolver(loop, {}, [](const std::string&, const Endpoint&) {});
  resolver.SetNames({"localhost:8125"}, kPatience);
  const Endpoint endpoint = resolver.EndpointOf("localhost:8125");
  CHECK((endpoint == At("127.0.0.1", 8125) || endpoint == At("::1", 8125)));
}

TEST_CASE("a name keeps its address while that is among the answers, whatever their order",
          "[resolver]") {
  Fixture f;
  f.service->Answer("a", {"127.0.0.1", "127.0.0.2", "127.0.0.3"});
  f.resolver->SetNames({"a:1"}, kPatience);
  f.service->Answer("a", {"127.0.0.3", "127.0.0.2", "127.0.0.1"});
  REQUIRE(f.UntilAnswered("a", 3));
  f.service->Answer("a", {"127.0.0.2", "127.0.0.1"});
  REQUIRE(f.UntilAnswered("a", 3));
  CHECK(f.resolver->EndpointOf("a:1") == At("127.0.0.1"));
  CHECK(f.changes.empty());
}

TEST_CASE("a change is told once", "[resolver]") {
  Fixture f;
  f.service->Answer("a", {"127.0.0.1"});
  f.service->Answer("b", {"127.0.0.1"});
  f.resolver->SetNames({"a:1", "b:1"}, kPatience);
  f.service->Answer("a", {"127.0.0.9", "127.0.0.8"});
  REQUIRE(f.UntilAnswered("a", 5));
  REQUIRE(f.changes.size() == 1);
  CHECK(f.changes[0].first == "a:1");
  CHECK(f.changes[0].second == At("127.0.0.9"));
  CHECK(f.resolver->EndpointOf("a:1") == At("127.0.0.9"));
  CHECK(f.resolver->EndpointOf("b:1") == At("127.0.0.1"));
}

TEST_CASE("a name that is not resolved any more keeps its last address", "[resolver]") {
  Fixture f;
  f.service->Answer("a", {"127.0.0.1"});
  f.resolver->SetNames({"a:1"}, kPatience);
  f.service->Answer("a", {});
  REQUIRE(f.UntilAnswered("a", 3));
  CHECK(f.resolver->EndpointOf("a:1") == At("127.0.0.1"));
  f.service->Answer("a", {"127.0.0.1"});
  REQUIRE(f.UntilAnswered("a", 3));
  CHECK(f.changes.empty());
}

TEST_CASE("after a failure a name is asked for at the retry interval, after a success at the other",
          "[resolver]") {
  Fixture f({.interval = hours(1), .retry_interval = milliseconds(1)});
  f.service->Answer("good", {"127.0.0.1"});
  f.resolver->SetNames({"bad:1", "good:1"}, kPatience);
  CHECK_FALSE(f.resolver->EndpointOf("bad:1").known());
  REQUIRE(f.UntilAnswered("bad", 3));
  CHECK(f.service->asked("good") == 1);
  CHECK(f.changes.empty());
  f.service->Answer("bad", {"127.0.0.2"});
  REQUIRE(f.Until([&] { return !f.changes.empty(); }));
  CHECK(f.changes[0] == std::pair(std::string("bad:1"), At("127.0.0.2")));
  const int asked = f.service->asked("bad");
  const auto end = std::chrono::steady_clock::now() + milliseconds(20);
  REQUIRE(f.Until([&] { return std::chrono::steady_clock::now() > end; }));
  CHECK(f.service->asked("bad") == asked);
}

TEST_CASE("a name service that hangs is waited for no longer than told, and blocks no other name",
          "[resolver]") {
  Fixture f;
  f.service->Answer("slow", {"127.0.0.1"});
  f.service->Answer("fast", {"127.0.0.2"});
  f.service->Hang("slow");
  const auto begin = std::chrono::steady_clock::now();
  f.resolver->SetNames({"slow:1", "fast:1"}, seconds(1));
  const auto passed = std::chrono::steady_clock::now() - begin;
  CHECK(passed >= milliseconds(990));
  CHECK(passed < seconds(10));
  CHECK_FALSE(f.resolver->EndpointOf("slow:1").known());
  CHECK(f.resolver->EndpointOf("fast:1") == At("127.0.0.2"));
  // The loop turns, and keeps up with the other.
  f.service->Answer("fast", {"127.0.0.3"});
  REQUIRE(f.Until([&] { return f.changes.size() == 1; }));
  CHECK(f.changes[0].first == "fast:1");
  CHECK(f.service->asked("slow") == 1);
  // A name that stays is not waited for a second time.
  f.resolver->SetNames({"slow:1", "fast:1"}, kPatience);
  CHECK_FALSE(f.resolver->EndpointOf("slow:1").known());
  f.service->Release("slow");
  REQUIRE(f.Until([&] { return f.changes.size() == 2; }));
  CHECK(f.changes[1] == std::pair(std::string("slow:1"), At("127.0.0.1")));
}

TEST_CASE("without patience nothing is waited for", "[resolver]") {
  Fixture f;
  f.service->Answer("a", {"127.0.0.1"});
  f.service->Hang("a");
  f.resolver->SetNames({"a:1"}, milliseconds(0));
  CHECK_FALSE(f.resolver->EndpointOf("a:1").known());
  f.service->Release("a");
  REQUIRE(f.Until([&] { return f.changes.size() == 1; }));
}

TEST_CASE("a name that was forgotten is not heard of again", "[resolver]") {
  Fixture f;
  f.service->Answer("a", {"127.0.0.1"});
  f.service->Answer("b", {"127.0.0.1"});
  f.service->Hang("a");
  f.resolver->SetNames({"a:1", "b:1"}, milliseconds(1));
  f.resolver->SetNames({"b:1"}, kPatience);
  f.service->Release("a");
  REQUIRE(f.Until([&] { return f.service->answered("a") == 1; }));
  REQUIRE(f.UntilAnswered("b", 3));
  CHECK(f.service->asked("a") == 1);
  for (const auto& [name, endpoint] : f.changes) CHECK(name != "a:1");
}

TEST_CASE("a name that comes back is asked for anew, and its old answer does not count",
          "[resolver]") {
  Fixture f({.interval = hours(1), .retry_interval = hours(1)});
  f.service->Answer("a", {"127.0.0.1"});
  f.service->Hang("a");
  f.resolver->SetNames({"a:1"}, milliseconds(1));
  f.resolver->SetNames({}, kPatience);
  f.resolver->SetNames({"a:1"}, milliseconds(1));
  REQUIRE(f.Until([&] { return f.service->asked("a") == 2; }));
  f.service->Release("a");
  REQUIRE(f.Until([&] { return f.service->answered("a") == 2 && !f.changes.empty(); }));
  f.loop.Turn();
  CHECK(f.changes.size() == 1);
}

TEST_CASE("an answer that comes while SetNames waits for another name is told later",
          "[resolver]") {
  Fixture f;
  f.service->Answer("old", {"127.0.0.1"});
  f.service->Answer("new", {"127.0.0.1"});
  f.resolver->SetNames({"old:1"}, kPatience);
  f.service->Hang("old");
  const int asked = f.service->asked("old");
  REQUIRE(f.Until([&] { return f.service->asked("old") > asked; }));
  f.service->Answer("old", {"127.0.0.2"});
  f.service->Hang("new");
  const int answered = f.service->answered("old");
  f.service->Release("old");
  // `new` gets no answer before that of `old` has long been there.
  f.resolver->SetNames({"old:1", "new:1"}, seconds(1));
  REQUIRE(f.service->answered("old") > answered);
  CHECK(f.changes.empty());
  CHECK(f.resolver->EndpointOf("old:1") == At("127.0.0.1"));
  REQUIRE(f.Until([&] { return f.changes.size() == 1; }));
  CHECK(f.changes[0] == std::pair(std::string("old:1"), At("127.0.0.2")));
  REQUIRE(f.UntilAnswered("old", 3));
  CHECK(f.changes.size() == 1);
  f.service->Release("new");
}

TEST_CASE("many names are asked for four at a time, and those that hang hold up but themselves",
          "[resolver]") {
  Fixture f({.interval = hours(1), .retry_interval = hours(1)});
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    const std::string host = "n" + std::to_string(i);
    f.service->Answer(host, {"127.0.0.1"});
    if (i < 3) f.service->Hang(host);
    names.push_back(host + ":1");
  }
  f.resolver->SetNames(names, milliseconds(1));
  REQUIRE(f.Until([&] { return f.service->answered("n99") == 1; }));
  CHECK(f.service->most_at_once() <= 4);
  for (int i = 0; i < 3; ++i) f.service->Release("n" + std::to_string(i));
  REQUIRE(f.Until([&] {
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return f.resolver->EndpointOf(name).known();
    });
  }));
}

TEST_CASE("who is told of a change may set other names", "[resolver]") {
  Fixture f;
  Resolver* resolver = nullptr;
  int told = 0;
  Resolver own(
      f.loop, {.interval = milliseconds(1), .retry_interval = milliseconds(1)},
      [&](const std::string& name, const Endpoint&) {
        ++told;
        CHECK(name == "a:1");
        resolver->SetNames({"b:1"}, kPatience);
      },
      [its = f.service](const std::string& host, uint16_t port) { return its->Ask(host, port); });
  resolver = &own;
  f.service->Answer("a", {"127.0.0.1"});
  f.service->Answer("b", {"127.0.0.1"});
  own.SetNames({"a:1", "b:1"}, kPatience);
  f.service->Answer("a", {"127.0.0.2"});
  REQUIRE(f.Until([&] { return told > 0; }));
  REQUIRE(f.UntilAnswered("b", 3));
  CHECK(told == 1);
}

TEST_CASE("a resolver ends while the name service hangs, and the answer then harms nobody",
          "[resolver]") {
  std::shared_ptr<NameService> service;
  const auto begin = std::chrono::steady_clock::now();
  {
    Fixture f;
    service = f.service;
    service->Hang("a");
    service->Answer("b", {"127.0.0.1"});
    f.resolver->SetNames({"a:1", "b:1"}, milliseconds(1));
    REQUIRE(f.Until([&] { return service->asked("a") == 1; }));
    f.resolver.reset();
    f.loop.Turn();
  }
  CHECK(std::chrono::steady_clock::now() - begin < seconds(10));
  service->Release("a");
  // The thread lets go of what it shares with the resolver when it ends.
  const SteadyClock clock;
  EventLoop loop(clock);
  CHECK(RunUntil(loop, [&] { return service.use_count() == 1; }));
}

}  // namespace
}  // namespace weir
