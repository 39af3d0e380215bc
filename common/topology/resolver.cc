#include "common/topology/resolver.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/check.h"
#include "common/log.h"
#include "common/topology/errands.h"

namespace weir {
namespace {

using std::chrono::nanoseconds;
using Addresses = Result<std::vector<SocketAddress>>;

// What is known of one name. Belongs to the loop's thread; others may only hold on to it.
struct Name {
  explicit Name(const std::string& name) : text(name) {
    const Result<ListenAddress> parsed = ParseListenAddress(name);
    WEIR_CHECK(parsed.has_value());
    address = *parsed;
    const auto literal = LiteralAddress(address.host, address.port);
    if (literal) endpoint = Endpoint(*literal);
  }

  const std::string text;
  ListenAddress address;
  Endpoint endpoint;
  std::string error;  // why the last question failed; empty: it did not
  std::optional<Timer> next_question;
};

}  // namespace

class Resolver::Impl {
 public:
  Impl(EventLoop& loop, const ResolverOptions& options, OnChange on_change, ResolveFunction resolve)
      : loop_(loop),
        options_(options),
        on_change_(std::move(on_change)),
        resolve_(std::make_shared<const ResolveFunction>(std::move(resolve))),
        errands_(loop, "resolver"),
        tell_(loop, nanoseconds(0), nanoseconds(0), [this] { TakeHeldBack(); }) {
    tell_.Stop();
  }

  void SetNames(const std::vector<std::string>& names, nanoseconds patience, const Known& known);
  Endpoint EndpointOf(const std::string& name) const;

 private:
  using NamePtr = std::shared_ptr<Name>;
  struct Answer {
    std::weak_ptr<Name> name;
    Addresses addresses;
  };

  void Ask(const NamePtr& name);
  void AskLater(const NamePtr& name, nanoseconds pause);
  void Await(std::set<const Name*> names, nanoseconds patience);
  void OnAnswer(const std::weak_ptr<Name>& name, const Addresses& addresses);
  void TakeHeldBack();
  bool Take(const NamePtr& name, const Addresses& addresses);
  bool Choose(Name* name, const std::vector<SocketAddress>& addresses);

  EventLoop& loop_;
  const ResolverOptions options_;
  const OnChange on_change_;
  const std::shared_ptr<const ResolveFunction> resolve_;  // with those who ask
  std::map<std::string, NamePtr> names_;
  Errands errands_;
  std::set<const Name*>* awaited_ = nullptr;  // while SetNames waits
  std::vector<Answer> held_back_;             // while it waited for others
  Timer tell_;
};

void Resolver::Impl::Ask(const NamePtr& name) {
  errands_.Send(name,
                [this, resolve = resolve_, weak = std::weak_ptr(name),
                 address = name->address]() -> Errands::Return {
                  Addresses addresses = (*resolve)(address.host, address.port);
                  return
                      [this, weak, addresses = std::move(addresses)] { OnAnswer(weak, addresses); };
                });
}

void Resolver::Impl::AskLater(const NamePtr& name, nanoseconds pause) {
  name->next_question.emplace(loop_, pause, nanoseconds(0), [this, weak = std::weak_ptr(name)] {
    if (const NamePtr it = weak.lock()) Ask(it);
  });
}

void Resolver::Impl::SetNames(const std::vector<std::string>& names, nanoseconds patience,
                              const Known& known) {
  std::map<std::string, NamePtr> wanted;
  std::vector<NamePtr> unknown;
  for (const std::string& text : names) {
    NamePtr& name = wanted[text];
    if (name != nullptr) continue;
    const auto old = names_.find(text);
    if (old != names_.end()) {
      name = old->second;
      continue;
    }
    name = std::make_shared<Name>(text);
    if (name->endpoint.known()) continue;
    if (const auto found = known.find(text); found != known.end()) {
      name->endpoint = found->second;
      AskLater(name, options_.interval);
    } else {
      unknown.push_back(name);
    }
  }
  names_ = std::move(wanted);
  std::set<const Name*> awaited;
  for (const NamePtr& name : unknown) {
    awaited.insert(name.get());
    Ask(name);
  }
  Await(std::move(awaited), patience);
}

// For the first answer to each, good or bad. Others that come meanwhile are told later.
void Resolver::Impl::Await(std::set<const Name*> names, nanoseconds patience) {
  if (names.empty() || patience.count() <= 0) return;
  std::set<const Name*>* const outer = std::exchange(awaited_, &names);
  errands_.Await([&] { return names.empty(); }, patience);
  awaited_ = outer;
  if (!held_back_.empty()) tell_.Start();
  for (const Name* name : names) {
    LogWarn("The name service takes long", {{"name", name->text}});
  }
}

void Resolver::Impl::OnAnswer(const std::weak_ptr<Name>& weak, const Addresses& addresses) {
  const NamePtr name = weak.lock();
  if (name == nullptr) return;
  if (awaited_ == nullptr) {
    if (Take(name, addresses)) on_change_(name->text, name->endpoint);
  } else if (awaited_->erase(name.get()) > 0) {
    Take(name, addresses);
  } else {
    held_back_.push_back({weak, addresses});
  }
}

void Resolver::Impl::TakeHeldBack() {
  for (const Answer& answer : std::exchange(held_back_, {}))
    OnAnswer(answer.name, answer.addresses);
}

// Whether the name stands for another address now.
bool Resolver::Impl::Take(const NamePtr& name, const Addresses& addresses) {
  const bool good = addresses.has_value();
  AskLater(name, good ? options_.interval : options_.retry_interval);
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

void Resolver::SetNames(const std::vector<std::string>& names, nanoseconds patience,
                        const Known& known) {
  impl_->SetNames(names, patience, known);
}

Endpoint Resolver::EndpointOf(const std::string& name) const { return impl_->EndpointOf(name); }

}  // namespace weir
