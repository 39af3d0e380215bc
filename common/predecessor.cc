#include "common/predecessor.h"

#include <utility>

namespace weir {
namespace {

// What it had taken may have to be sent first, to downstreams that are slow.
constexpr std::chrono::seconds kForState(60);

}  // namespace

Result<std::unique_ptr<Predecessor>> Predecessor::Find(const std::string& path,
                                                       const std::string& program) {
  if (path.empty()) return std::unique_ptr<Predecessor>();
  auto link = TakeoverLink::Connect(path);
  if (!link) return link.error();
  if (!*link) return std::unique_ptr<Predecessor>();
  std::unique_ptr<Predecessor> predecessor(new Predecessor(std::move(**link)));
  if (!predecessor->link_.Say(TakeoverHello(program))) {
    return Error{"the process that listens at " + path + " does not answer"};
  }
  return predecessor;
}

Predecessor::~Predecessor() {
  link_.Cancel();
  if (waits_.joinable()) waits_.join();
}

Result<AdoptedSockets> Predecessor::Sockets() {
  auto sockets = link_.ReceiveSockets();
  if (!sockets) return sockets.error();
  return AdoptedSockets::Of(std::move(*sockets));
}

Result<Done> Predecessor::LetGo() {
  if (link_.Say("ready") && link_.Expect("go")) return Done{};
  return Error{"the running process did not let its sockets go"};
}

void Predecessor::Inherit(std::function<void(const Files& state)> merge,
                          std::function<void()> done) {
  waits_ = std::thread([this, merge = std::move(merge), done = std::move(done)] {
    const Files state = link_.ReceiveState(kForState);
    merge(state);
    if (link_.Say("merged")) link_.Expect("web");
    done();
  });
}

}  // namespace weir
