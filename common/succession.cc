#include "common/succession.h"

#include <utility>

#include "common/http_server.h"
#include "common/log.h"

namespace weir {

Succession::Succession(EventLoop& loop, std::string path, std::string program, Hooks hooks)
    : loop_(loop), path_(std::move(path)), program_(std::move(program)), hooks_(std::move(hooks)) {}

Result<Done> Succession::Adopt() {
  auto found = Predecessor::Find(path_, program_);
  if (!found) return Error{"--takeover.path: " + found.error().message};
  predecessor_ = std::move(*found);
  if (!path_.empty() && !predecessor_) LogInfo("No process to take over from", {{"path", path_}});
  auto adopted = predecessor_ ? predecessor_->Sockets() : AdoptedSockets::FromEnvironment();
  if (!adopted) return adopted.error();
  sockets_ = std::move(*adopted);
  return Done{};
}

Result<Done> Succession::OpenRest(const std::string& web_address) {
  web_waits_ = predecessor_ && !web_address.empty() &&
               sockets_.Has(HttpServerOptions().purpose, Transport::kTcp, web_address);
  if (!web_waits_) {
    if (const auto web = hooks_.open_web(); !web) return sockets_.Explain(web.error());
    if (const auto none = sockets_.ExpectNone(); !none) return none.error();
  }
  return predecessor_ ? predecessor_->LetGo() : OpenPort();
}

Result<Done> Succession::OpenPort() {
  if (path_.empty()) return Done{};
  auto port = TakeoverPort::Open(loop_, path_, program_,
                                 [this](TakeoverLink link) { GiveWay(std::move(link)); });
  if (!port) return Error{"--takeover.path: " + port.error().message};
  port_ = std::move(*port);
  return Done{};
}

void Succession::Inherit(std::function<void(const Predecessor::Files& state)> merge) {
  predecessor_->Inherit(std::move(merge), [this] { loop_.Post([this] { FinishInheriting(); }); });
}

void Succession::FinishInheriting() {
  for (const auto& done : {web_waits_ ? hooks_.open_web() : Done{}, OpenPort()}) {
    if (!done) LogError("Not all is open", {{"error", done.error().message}});
  }
  [[maybe_unused]] const auto none = sockets_.ExpectNone();
  sockets_ = AdoptedSockets();  // closed: unread they would fill up unseen
  LogInfo("Took over");
}

void Succession::GiveWay(TakeoverLink link) {
  LogInfo("Another process asks to take over");
  if (!hooks_.hand_over(link)) {
    LogError("The other process did not take the sockets; going on");
    return;
  }
  successor_.emplace(std::move(link));
  port_.reset();
  loop_.Stop();
}

}  // namespace weir
