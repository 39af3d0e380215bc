#include "common/event_loop.h"

#include <signal.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "common/scoped_fd.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    read_end = ScopedFd(ends[0]);
    write_end = ScopedFd(ends[1]);
  }
  void Write() { REQUIRE(write(write_end.get(), "x", 1) == 1); }
  void Read() {
    char byte;
    REQUIRE(read(read_end.get(), &byte, 1) == 1);
  }
  ScopedFd read_end;
  ScopedFd write_end;
};

TEST_CASE("tasks of each thread run in the order they were posted", "[event_loop]") {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  SteadyClock clock;
  EventLoop loop(clock);
  std::vector<std::vector<int>> seen(kThreads);
  std::vector<std::thread> threads;
  int done = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) loop.Post([&seen, t, i] { seen[t].push_back(i); });
      loop.Post([&] {
        if (++done == kThreads) loop.Stop();
      });
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<int>& order : seen) {
    REQUIRE(order.size() == kTasks);
    for (int i = 0; i < kTasks; ++i) REQUIRE(order[i] == i);
  }
}

TEST_CASE("tasks run on the thread that runs the loop", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  std::thread::id ran;
  std::thread runner([&] { loop.Run(); });
  const std::thread::id expected = runner.get_id();
  loop.Post([&] { ran = std::this_thread::get_id(); });
  loop.Stop();
  runner.join();
  CHECK(ran == expected);
}

TEST_CASE("a stop before the run ends it, after the tasks posted before the stop", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  int ran = 0;
  loop.Post([&] { ++ran; });
  loop.Post([&] { ++ran; });
  loop.Stop();
  loop.Run();
  CHECK(ran == 2);
}

TEST_CASE("a task posted by a task runs in a later turn", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  std::vector<int> order;
  loop.Post([&] {
    loop.Post([&] { order.push_back(2); });
    order.push_back(1);
  });
  loop.Turn();
  CHECK(order == std::vector<int>{1});
  CHECK(RunUntil(loop, [&] { return order.size() == 2; }));
}

TEST_CASE("a loop that awaits a task goes on when one is posted, or when it has waited enough",
          "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  loop.AwaitTask(milliseconds(1));
  loop.Post([] {});
  loop.AwaitTask(std::chrono::hours(1));
  loop.Turn();
  std::thread other([&] { loop.Post([] {}); });
  loop.AwaitTask(std::chrono::hours(1));
  other.join();
}

TEST_CASE("the loop's time stands still during a turn and is fresh in the next", "[event_loop]") {
  FakeClock clock;
  EventLoop loop(clock);
  CHECK(loop.NowNanos() == clock.NowNanos());
  const int64_t start = clock.NowNanos();
  int64_t inside = 0;
  int64_t later = 0;
  clock.Advance(5);
  loop.Post([&] {
    clock.Advance(7);
    inside = loop.NowNanos();
  });
  loop.Turn();
  loop.Post([&] { later = loop.NowNanos(); });
  loop.Turn();
  CHECK(inside == start + 5);
  CHECK(later == start + 12);
}

TEST_CASE("a loop without anything to do turns all the same", "[event_loop]") {
  FakeClock clock;
  EventLoop loop(clock);
  clock.Advance(3);
  loop.Turn();
  CHECK(loop.NowNanos() == clock.NowNanos());
}

TEST_CASE("a watcher sees what it is told to watch", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  Pipe pipe;
  int reads = 0;
  FdWatcher watcher(loop, pipe.read_end.get(), true, false, [&] {
    pipe.Read();
    ++reads;
  });
  pipe.Write();
  REQUIRE(RunUntil(loop, [&] { return reads == 1; }));

  watcher.Stop();
  pipe.Write();
  for (int i = 0; i < 3; ++i) {
    loop.Post([] {});
    loop.Turn();
  }
  CHECK(reads == 1);

  watcher.Start();
  CHECK(RunUntil(loop, [&] { return reads == 2; }));
}

TEST_CASE("a watcher changes from reading to writing", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  Pipe pipe;
  int calls = 0;
  FdWatcher watcher(loop, pipe.write_end.get(), true, false, [&] { ++calls; });
  loop.Post([] {});
  loop.Turn();
  CHECK(calls == 0);
  watcher.Modify(false, true);
  CHECK(RunUntil(loop, [&] { return calls > 0; }));
}

TEST_CASE("a callback may destroy its own watcher", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  Pipe pipe;
  int calls = 0;
  std::unique_ptr<FdWatcher> watcher;
  watcher = std::make_unique<FdWatcher>(loop, pipe.read_end.get(), true, false, [&] {
    ++calls;
    watcher.reset();
  });
  pipe.Write();
  REQUIRE(RunUntil(loop, [&] { return watcher == nullptr; }));
  CHECK(calls == 1);
}

TEST_CASE("a timer fires once, or again and again", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  int once = 0;
  int often = 0;
  Timer single(loop, milliseconds(1), milliseconds(0), [&] { ++once; });
  Timer repeating(loop, milliseconds(1), milliseconds(2), [&] { ++often; });
  REQUIRE(RunUntil(loop, [&] { return often == 5; }));
  CHECK(once == 1);
  CHECK_FALSE(single.active());
  CHECK(repeating.active());

  repeating.Stop();
  single.Start();
  REQUIRE(RunUntil(loop, [&] { return once == 2; }));
  CHECK(often == 5);
}

TEST_CASE("a timer counts from its start, not from the loop's last turn", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  // Time passes before the loop first runs.
  const int64_t made = clock.NowNanos();
  while (clock.NowNanos() - made < 30'000'000) {
  }
  const int64_t started = clock.NowNanos();
  bool rang = false;
  const Timer timer(loop, milliseconds(25), milliseconds(0), [&] { rang = true; });
  REQUIRE(RunUntil(loop, [&] { return rang; }));
  CHECK(clock.NowNanos() - started >= 20'000'000);
}

TEST_CASE("a signal arrives on the loop", "[event_loop]") {
  SteadyClock clock;
  EventLoop loop(clock);
  int signals = 0;
  const SignalWatcher watcher(loop, SIGUSR2, [&] { ++signals; });
  REQUIRE(kill(getpid(), SIGUSR2) == 0);
  CHECK(RunUntil(loop, [&] { return signals == 1; }));
}

}  // namespace
}  // namespace weir
