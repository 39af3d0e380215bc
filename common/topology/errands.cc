// Who does what:
//
//   loop's thread                           a thread per errand, detached
//   waiting_ -> Begin --------- errand ------> errand()
//   TakeReturns, or Await <--- Desk: returns ---'
//
// The Desk is all they share. It lives as long as any of them.
#include "common/topology/errands.h"

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/wait_clock.h"

namespace weir {
namespace {

constexpr size_t kMostAtOnce = 4;
// After no thread could be started.
constexpr std::chrono::seconds kRetry(1);

using Client = std::weak_ptr<const void>;

}  // namespace

class Errands::Impl {
 public:
  Impl(EventLoop& loop, const char* name)
      : loop_(loop), name_(name), desk_(std::make_shared<Desk>(this, &loop)) {}

  ~Impl() {
    desk_->impl = nullptr;
    std::lock_guard lock(desk_->mutex);
    desk_->loop = nullptr;
  }

  void Send(Client client, Errand errand) {
    waiting_.emplace_back(std::move(client), std::move(errand));
    Begin();
  }

  void Await(const std::function<bool()>& done, std::chrono::nanoseconds patience);

 private:
  struct Back {
    Client client;
    Return run;
  };

  struct Desk {
    Desk(Impl* owner, EventLoop* its_loop) : impl(owner), loop(its_loop) {}

    Impl* impl;  // null: gone. The loop's thread only
    std::mutex mutex;
    std::condition_variable is_back;
    EventLoop* loop;  // null: gone. Under the mutex, and so are
    std::vector<Back> returns;
  };

  static void Go(const std::shared_ptr<Desk>& desk, const char* name, Client client,
                 const Errand& errand);
  void Begin();
  void TakeReturns();
  void Run(std::vector<Back> returns);

  EventLoop& loop_;
  const char* const name_;
  const std::shared_ptr<Desk> desk_;
  std::deque<std::pair<Client, Errand>> waiting_;
  size_t under_way_ = 0;
  std::optional<Timer> retry_;
};

void Errands::Impl::Go(const std::shared_ptr<Desk>& desk, const char* name, Client client,
                       const Errand& errand) {
  pthread_setname_np(pthread_self(), name);
  Back back{std::move(client), errand()};
  std::lock_guard lock(desk->mutex);
  if (desk->loop == nullptr) return;
  desk->returns.push_back(std::move(back));
  desk->is_back.notify_one();
  desk->loop->Post([desk] {
    if (desk->impl != nullptr) desk->impl->TakeReturns();
  });
}

void Errands::Impl::Begin() {
  while (under_way_ < kMostAtOnce && !waiting_.empty()) {
    auto& [client, errand] = waiting_.front();
    if (!client.expired()) {
      try {
        std::thread(Go, desk_, name_, client, errand).detach();
      } catch (const std::system_error& error) {
        LogError("Unable to start a thread", {{"thread", name_}, {"error", error.what()}});
        retry_.emplace(loop_, kRetry, std::chrono::nanoseconds(0), [this] { Begin(); });
        return;
      }
      ++under_way_;
    }
    waiting_.pop_front();
  }
}

void Errands::Impl::TakeReturns() {
  std::vector<Back> returns;
  {
    std::lock_guard lock(desk_->mutex);
    returns.swap(desk_->returns);
  }
  Run(std::move(returns));
}

void Errands::Impl::Run(std::vector<Back> returns) {
  under_way_ -= returns.size();
  Begin();
  for (const Back& back : returns) {
    if (!back.client.expired()) back.run();
  }
}

void Errands::Impl::Await(const std::function<bool()>& done, std::chrono::nanoseconds patience) {
  const auto until = WaitClock::now() + patience;
  while (!done()) {
    std::vector<Back> returns;
    {
      std::unique_lock lock(desk_->mutex);
      const auto is_there = [this] { return !desk_->returns.empty(); };
      if (!desk_->is_back.wait_until(lock, until, is_there)) return;
      returns.swap(desk_->returns);
    }
    Run(std::move(returns));
  }
}

Errands::Errands(EventLoop& loop, const char* name) : impl_(std::make_unique<Impl>(loop, name)) {}
Errands::~Errands() = default;

void Errands::Send(std::weak_ptr<const void> client, Errand errand) {
  impl_->Send(std::move(client), std::move(errand));
}

void Errands::Await(const std::function<bool()>& done, std::chrono::nanoseconds patience) {
  impl_->Await(done, patience);
}

}  // namespace weir
