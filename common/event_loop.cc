#include "common/event_loop.h"

#include <ev.h>

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "common/check.h"

namespace weir {
namespace {

// No environment variable changes the backend.
constexpr unsigned kLoopFlags = unsigned{EVBACKEND_EPOLL} | unsigned{EVFLAG_NOENV};

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

int Events(bool read, bool write) { return (read ? EV_READ : 0) | (write ? EV_WRITE : 0); }

}  // namespace

struct EventLoop::Impl {
  Impl(EventLoop& loop, const Clock& given_clock)
      : owner(loop), clock(given_clock), ev(ev_loop_new(kLoopFlags)) {
    WEIR_CHECK(ev != nullptr);
    ev_async_init(&wake, OnWake);
    wake.data = this;
    ev_async_start(ev, &wake);
    // The highest priority, so that the time is fresh before any other callback of the turn.
    ev_check_init(&turn, OnTurn);
    turn.data = this;
    ev_set_priority(&turn, EV_MAXPRI);
    ev_check_start(ev, &turn);
    ev_timer_init(&heartbeat, OnHeartbeat, 1, 1);
    ev_timer_start(ev, &heartbeat);
  }

  ~Impl() {
    WEIR_CHECK(watchers == 0);
    ev_loop_destroy(ev);
  }

  void RunTasks() {
    {
      std::lock_guard lock(mutex);
      running.swap(tasks);
    }
    for (auto& task : running) task();
    running.clear();
  }

  static void OnWake(struct ev_loop*, ev_async* watcher, int) {
    static_cast<Impl*>(watcher->data)->RunTasks();
  }
  static void OnTurn(struct ev_loop*, ev_check* watcher, int) {
    Impl* self = static_cast<Impl*>(watcher->data);
    self->owner.turn_nanos_.store(self->clock.NowNanos(), std::memory_order_relaxed);
  }
  static void OnHeartbeat(struct ev_loop*, ev_timer*, int) {}

  EventLoop& owner;
  const Clock& clock;
  struct ev_loop* const ev;
  ev_async wake;
  ev_check turn;
  ev_timer heartbeat;
  int watchers = 0;
  std::atomic<bool> stop{false};
  std::vector<std::function<void()>> running;
  std::mutex mutex;
  std::vector<std::function<void()>> tasks;  // guarded by mutex
  std::condition_variable posted;            // the first of `tasks` has come
};

EventLoop::EventLoop(const Clock& clock)
    : turn_nanos_(clock.NowNanos()), impl_(std::make_unique<Impl>(*this, clock)) {}

EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  while (!impl_->stop.exchange(false, std::memory_order_acquire)) Turn();
  // Stop() may have come between the last turn and the look at the flag, tasks before it too.
  impl_->RunTasks();
}

void EventLoop::Turn() { ev_run(impl_->ev, EVRUN_ONCE); }

void EventLoop::Stop() {
  impl_->stop.store(true, std::memory_order_release);
  ev_async_send(impl_->ev, &impl_->wake);
}

void EventLoop::Post(std::function<void()> task) {
  bool first;
  {
    std::lock_guard lock(impl_->mutex);
    first = impl_->tasks.empty();
    impl_->tasks.push_back(std::move(task));
  }
  if (!first) return;
  ev_async_send(impl_->ev, &impl_->wake);
  impl_->posted.notify_one();
}

void EventLoop::AwaitTask(std::chrono::nanoseconds most) {
  std::unique_lock lock(impl_->mutex);
  impl_->posted.wait_for(lock, most, [this] { return !impl_->tasks.empty(); });
}

struct FdWatcher::Impl {
  static void OnEvent(struct ev_loop*, ev_io* watcher, int) {
    static_cast<Impl*>(watcher->data)->callback();
  }

  EventLoop::Impl& loop;
  std::function<void()> callback;
  ev_io io;
};

FdWatcher::FdWatcher(EventLoop& loop, int fd, bool read, bool write, std::function<void()> callback)
    : impl_(new Impl{*loop.impl_, std::move(callback), {}}) {
  ev_io_init(&impl_->io, Impl::OnEvent, fd, Events(read, write));
  impl_->io.data = impl_.get();
  ++impl_->loop.watchers;
  Start();
}

FdWatcher::~FdWatcher() {
  Stop();
  --impl_->loop.watchers;
}

void FdWatcher::Start() { ev_io_start(impl_->loop.ev, &impl_->io); }

void FdWatcher::Stop() { ev_io_stop(impl_->loop.ev, &impl_->io); }

void FdWatcher::Modify(bool read, bool write) {
  const bool started = ev_is_active(&impl_->io);
  Stop();
  ev_io_modify(&impl_->io, Events(read, write));
  if (started) Start();
}

struct Timer::Impl {
  static void OnTime(struct ev_loop*, ev_timer* watcher, int) {
    static_cast<Impl*>(watcher->data)->callback();
  }

  EventLoop::Impl& loop;
  double after;
  double repeat;
  std::function<void()> callback;
  ev_timer timer;
};

Timer::Timer(EventLoop& loop, std::chrono::nanoseconds after, std::chrono::nanoseconds repeat,
             std::function<void()> callback)
    : impl_(new Impl{*loop.impl_, Seconds(after), Seconds(repeat), std::move(callback), {}}) {
  ev_init(&impl_->timer, Impl::OnTime);
  impl_->timer.data = impl_.get();
  ++impl_->loop.watchers;
  Start();
}

Timer::~Timer() {
  Stop();
  --impl_->loop.watchers;
}

void Timer::Start() {
  Stop();
  // libev counts from the turn's beginning, which may be long ago: before Run() there is no turn.
  ev_now_update(impl_->loop.ev);
  ev_timer_set(&impl_->timer, impl_->after, impl_->repeat);
  ev_timer_start(impl_->loop.ev, &impl_->timer);
}

void Timer::Stop() { ev_timer_stop(impl_->loop.ev, &impl_->timer); }

bool Timer::active() const { return ev_is_active(&impl_->timer); }

struct SignalWatcher::Impl {
  static void OnSignal(struct ev_loop*, ev_signal* watcher, int) {
    static_cast<Impl*>(watcher->data)->callback();
  }

  EventLoop::Impl& loop;
  std::function<void()> callback;
  ev_signal signal;
};

SignalWatcher::SignalWatcher(EventLoop& loop, int signal, std::function<void()> callback)
    : impl_(new Impl{*loop.impl_, std::move(callback), {}}) {
  ev_signal_init(&impl_->signal, Impl::OnSignal, signal);
  impl_->signal.data = impl_.get();
  ++impl_->loop.watchers;
  ev_signal_start(impl_->loop.ev, &impl_->signal);
}

SignalWatcher::~SignalWatcher() {
  ev_signal_stop(impl_->loop.ev, &impl_->signal);
  --impl_->loop.watchers;
}

}  // namespace weir
