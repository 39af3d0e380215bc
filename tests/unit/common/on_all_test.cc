#include "common/on_all.h"

#include <functional>
#include <thread>

#include "common/clock.h"
#include "common/event_loop.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A thread with a loop; one that does not start never does what it is told.
class LoopThread {
 public:
  explicit LoopThread(int number, bool starts = true) : number_(number), loop_(clock_) {
    if (starts) thread_ = std::thread([this] { loop_.Run(); });
  }
  ~LoopThread() {
    if (!thread_.joinable()) return;
    loop_.Stop();
    thread_.join();
  }
  void Post(std::function<void()> task) { loop_.Post(std::move(task)); }
  int number() const { return number_; }
  bool is_here() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  const int number_;
  const SteadyClock clock_;
  EventLoop loop_;
  std::thread thread_;
};

std::vector<std::unique_ptr<LoopThread>> Three(bool last_starts) {
  std::vector<std::unique_ptr<LoopThread>> threads;
  for (int i = 0; i < 3; ++i)
    threads.push_back(std::make_unique<LoopThread>(i, i < 2 || last_starts));
  return threads;
}

TEST_CASE("every thread answers, in the order of the threads, on its own thread", "[on_all]") {
  const auto threads = Three(true);
  const auto answers = AskAll(threads, minutes(1), [](LoopThread& thread) {
    return thread.is_here() ? thread.number() : -1;
  });
  CHECK(answers == std::vector<int>{0, 1, 2});
  CHECK(OnAll(threads, minutes(1), [](LoopThread&) {}));
}

TEST_CASE("a thread that does not answer in time is left out", "[on_all]") {
  const auto threads = Three(false);
  const auto number = [](LoopThread& thread) { return thread.number(); };
  CHECK(AskAll(threads, seconds(2), number).size() == 2);
  CHECK_FALSE(OnAll(threads, seconds(2), [](LoopThread&) {}));
}

}  // namespace
}  // namespace weir
