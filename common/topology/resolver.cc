// Who does what:
//
//   loop's thread                                   a thread per question, detached
//   waiting_ -> StartQuestions ----- host, port ----> resolve()
//   TakeAnswers, or Await <--- Desk: answers --------'
//
// The Desk is all they share. It lives as long as any of them.
#include "common/topology/resolver.h"

#include <netdb.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "common/check.h"
#include "common/log.h"

namespace weir {
namespace {

using std::chrono::nanoseconds;
using Addresses = Result<std::vector<SocketAddress>>;

constexpr size_t kMostQuestions = 4;

// The address of a host that is a literal; asks nobody.
Endpoint LiteralEndpoint(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found) != 0) return {};
  const Endpoint endpoint(SocketAddress(found->ai_addr, found->ai_addrlen));
  freeaddrinfo(found);
  return endpoint;
}

// What is known of one name. Belongs to the loop's thread; others may only hold on to it.
struct Name {
  explicit Name(const std::string& name) : text(name) {
    const Result<ListenAddress> parsed = ParseListenAddress(name);
    WEIR_CHECK(parsed.has_value());
    address = *parsed;
    endpoint = LiteralEndpoint(address);
  }

  const std::string text;
  ListenAddress address;
  Endpoint endpoint;
  std::string error;  // why the last question failed; empty: it did not
  std::optional<Timer> next_question;
};

struct Answer {
  std::weak_ptr<Name> name;
  Addresses addresses;
};

}  // namespace

class Resolver::Impl {
 public:
  Impl(EventLoop& loop, const ResolverOptions& options, OnChange on_change, ResolveFunction resolve)
      : loop_(loop),
        options_(options),
        on_change_(std::move(on_change)),
        desk_(std::make_shared<Desk>(std::move(resolve), this, &loop)) {}

  ~Impl() {
    desk_->impl = nullptr;
    std::lock_guard lock(desk_->mutex);
    desk_->loop = nullptr;
  }

  void SetNames(const std::vector<std::string>& names, nanoseconds patience);
  Endpoint EndpointOf(const std::string& name) const;

 private:
  using NamePtr = std::shared_ptr<Name>;

  struct Desk {
    Desk(ResolveFunction function, Impl* owner, EventLoop* its_loop)
        : resolve(std::move(function)), impl(owner), loop(its_loop) {}

    const ResolveFunction resolve;
    Impl* impl;  // null: gone. The loop's thread only
    std::mutex mutex;
    std::condition_variable answered;
    EventLoop* loop;  // null: gone. Under the mutex, and so are
    std::vector<Answer> answers;
  };

  static void Ask(const std::shared_ptr<Desk>& desk, std::weak_ptr<Name> name,
                  const std::string& host, uint16_t port);
  static void HandBack(const std::shared_ptr<Desk>& desk, Answer answer);
  void StartQuestions();
  void TakeAnswers();
  void Await(std::set<const Name*> names, nanoseconds patience);
  bool Take(const NamePtr& name, const Addresses& addresses);
  bool Choose(Name* name, const std::vector<SocketAddress>& addresses);

  EventLoop& loop_;
  const ResolverOptions options_;
  const OnChange on_change_;
  const std::shared_ptr<Desk> desk_;
  std::map<std::string, NamePtr> names_;
  std::deque<std::weak_ptr<Name>> waiting_;  // to be asked for
  size_t under_way_ = 0;                     // questions, those for forgotten names too
  std::vector<Answer> held_back_;            // while SetNames waited for others
};

void Resolver::Impl::Ask(const std::shared_ptr<Desk>& desk, std::weak_ptr<Name> name,
                         const std::string& host, uint16_t port) {
  pthread_setname_np(pthread_self(), "resolver");
  HandBack(desk, {std::move(name), desk->resolve(host, port)});
}

void Resolver::Impl::HandBack(const std::shared_ptr<Desk>& desk, Answer answer) {
  std::lock_guard lock(desk->mutex);
  if (desk->loop == nullptr) return;
  desk->answers.push_back(std::move(answer));
  desk->answered.notify_one();
  desk->loop->Post([desk] {
    if (desk->impl != nullptr) desk->impl->TakeAnswers();
  });
}

void Resolver::Impl::StartQuestions() {
  while (under_way_ < kMostQuestions && !waiting_.empty()) {
    const NamePtr name = waiting_.front().lock();
    waiting_.pop_front();
    if (name == nullptr) continue;
    ++under_way_;
    try {
      std::thread(Ask, desk_, std::weak_ptr(name), name->address.host, name->address.port).detach();
    } catch (const std::system_error& error) {
      HandBack(desk_, {name, Error{std::string("unable to start a thread: ") + error.what()}});
    }
  }
}

void Resolver::Impl::SetNames(const std::vector<std::string>& names, nanoseconds patience) {
  std::map<std::string, NamePtr> wanted;
  std::set<const Name*> awaited;
  for (const std::string& text : names) {
    NamePtr& name = wanted[text];
    if (name != nullptr) continue;
    const auto known = names_.find(text);
    if (known != names_.end()) {
      name = known->second;
      continue;
    }
    name = std::make_shared<Name>(text);
    if (name->endpoint.known()) continue;
    awaited.insert(name.get());
    waiting_.push_back(name);
  }
  names_ = std::move(wanted);
  StartQuestions();
  Await(std::move(awaited), patience);
}

// For the first answer to each, good or bad. Others that come meanwhile are left to TakeAnswers,
// which runs later: their threads have posted it.
void Resolver::Impl::Await(std::set<const Name*> names, nanoseconds patience) {
  // By the system clock: ThreadSanitizer of Debian 12's compiler does not know the wait that a
  // steady clock uses.
  const auto until = std::chrono::system_clock::now() + patience;
  while (!names.empty()) {
    std::vector<Answer> answers;
    {
      std::unique_lock lock(desk_->mutex);
      const auto is_there = [this] { return !desk_->answers.empty(); };
      if (!desk_->answered.wait_until(lock, until, is_there)) break;
      answers.swap(desk_->answers);
    }
    for (Answer& answer : answers) {
      --under_way_;
      const NamePtr name = answer.name.lock();
      if (name != nullptr && names.erase(name.get()) > 0) {
        Take(name, answer.addresses);
      } else {
        held_back_.push_back(std::move(answer));
      }
    }
    StartQuestions();
  }
  for (const Name* name : names) {
    LogWarn("The name service takes long", {{"name", name->text}});
  }
}

void Resolver::Impl::TakeAnswers() {
  std::vector<Answer> answers = std::exchange(held_back_, {});
  {
    std::lock_guard lock(desk_->mutex);
    under_way_ -= desk_->answers.size();
    std::move(desk_->answers.begin(), desk_->answers.end(), std::back_inserter(answers));
    desk_->answers.clear();
  }
  StartQuestions();
  for (const Answer& answer : answers) {
    const NamePtr name = answer.name.lock();
    if (name != nullptr && Take(name, answer.addresses)) on_change_(name->text, name->endpoint);
  }
}

// Whether the name stands for another address now.
bool Resolver::Impl::Take(const NamePtr& name, const Addresses& addresses) {
  const bool good = addresses.has_value();
  name->next_question.emplace(loop_, good ? options_.interval : options_.retry_interval,
                              nanoseconds(0), [this, weak = std::weak_ptr(name)] {
                                waiting_.push_back(weak);
                                StartQuestions();
                              });
  if (good) {
    name->error.clear();
    return Choose(name.get(), *addresses);
  }
  const std::string& error = addresses.error().message;
  if (error != name->error) LogWarn("Name not resolved", {{"name", name->text}, {"error", error}});
  name->error = error;
  return false;
}

bool Resolver::Impl::Choose(Name* name, const std::vector<SocketAddress>& addresses) {
  const bool stays = std::any_of(addresses.begin(), addresses.end(), [&](const SocketAddress& one) {
    return Endpoint(one) == name->endpoint;
  });
  if (stays || addresses.empty()) return false;
  name->endpoint = Endpoint(addresses.front());
  LogInfo("Name resolved", {{"name", name->text}, {"address", addresses.front().ToString()}});
  return true;
}

Endpoint Resolver::Impl::EndpointOf(const std::string& name) const {
  const auto found = names_.find(name);
  WEIR_CHECK(found != names_.end());
  return found->second->endpoint;
}

Resolver::Resolver(EventLoop& loop, const ResolverOptions& options, OnChange on_change,
                   ResolveFunction resolve)
    : impl_(std::make_unique<Impl>(loop, options, std::move(on_change), std::move(resolve))) {}
Resolver::~Resolver() = default;

void Resolver::SetNames(const std::vector<std::string>& names, nanoseconds patience) {
  impl_->SetNames(names, patience);
}

Endpoint Resolver::EndpointOf(const std::string& name) const { return impl_->EndpointOf(name); }

}  // namespace weir
