#include "common/console.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

constexpr size_t kMaxLineBytes = 4 << 10;
constexpr size_t kMaxWaitingReply = 64 << 10;
constexpr int kAcceptsPerTurn = 16;
constexpr std::string_view kPurpose = "admin";
constexpr auto kTick = std::chrono::seconds(1);

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

// In small letters: a command's name, or its first argument.
std::string FirstWord(std::string_view text) {
  text = Trim(text);
  return LowerCase(text.substr(0, text.find_first_of(" \t")));
}

}  // namespace

class Console::Connection {
 public:
  Connection(Console& console, ScopedFd fd)
      : console_(console),
        fd_(std::move(fd)),
        watcher_(console.loop_, fd_.get(), true, false, [this] { OnReady(); }) {}

  void set_self(Connections::iterator self) { self_ = self; }
  int64_t last_active() const { return last_active_; }
  void set_last_active(int64_t nanos) { last_active_ = nanos; }

 private:
  // Nothing may follow a call of Close(): it destroys this.
  void OnReady() {
    if (!Flush()) return Close();
    if (replies_.empty() && !lines_wait_ && !ended_ && !Receive()) return Close();
    if (replies_.empty()) lines_wait_ = AnswerLines();
    if (!Flush()) return Close();
    const bool busy = !replies_.empty() || lines_wait_;
    if (!busy && ended_) return Close();
    // Lines that wait have their turn after those of other connections.
    watcher_.Modify(!busy, busy);
  }

  void Close() { console_.connections_.erase(self_); }

  // False when the connection is broken.
  bool Receive() {
    char buffer[kMaxLineBytes];
    const ssize_t count = recv(fd_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    ended_ = count == 0;
    all_received_ = static_cast<size_t>(count) < sizeof(buffer);
    console_.Touch(self_);
    input_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  bool Flush() {
    while (!replies_.empty()) {
      const ssize_t count =
          send(fd_.get(), replies_.data(), replies_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      console_.Touch(self_);
      replies_.erase(0, static_cast<size_t>(count));
    }
    return true;
  }

  // True when it stopped because replies have to go out first.
  bool AnswerLines() {
    while (replies_.size() < kMaxWaitingReply) {
      if (answered_early_ && !input_.empty()) {
        // The line end of a command that was answered without it came late.
        if (input_ == "\r" && !ended_) return false;
        input_.erase(0, input_.starts_with("\r\n") ? 2 : input_.front() == '\n' ? 1 : 0);
        answered_early_ = false;
      }
      const size_t end = input_.find('\n');
      if (std::min(end, input_.size()) > kMaxLineBytes) {
        Give(console_.unknown_reply_);
        End();
        return false;
      }
      if (end == std::string::npos) {
        AnswerRest();
        return false;
      }
      Answer(std::string_view(input_).substr(0, end));
      input_.erase(0, end + 1);
    }
    return true;
  }

  // Input without a line end: a line if no more can come, or if it is a command as it stands.
  void AnswerRest() {
    const bool early = !ended_ && all_received_ && IsSettled(FirstWord(input_));
    if (!early && !(ended_ && !input_.empty())) return;
    answered_early_ = early;
    Answer(input_);
    input_.clear();
  }

  // Whether it is known what to do, whatever may follow.
  bool IsSettled(std::string_view name) const {
    if (console_.Find(name) != nullptr) return true;
    return !console_.unknown_reply_ && !console_.MayBecomeKnown(name);
  }

  void Answer(std::string_view line) {
    line = Trim(line);
    const std::string name = FirstWord(line);
    const Command* command = console_.Find(name);
    Give(command == nullptr ? console_.unknown_reply_ : (*command)(Trim(line.substr(name.size()))));
  }

  void Give(const Reply& reply) {
    if (!reply) return End();
    replies_ += *reply;
  }

  // No more commands; closes when the replies are out.
  void End() {
    ended_ = true;
    input_.clear();
  }

  Console& console_;
  const ScopedFd fd_;
  Connections::iterator self_;
  int64_t last_active_ = 0;
  std::string input_;
  std::string replies_;
  bool ended_ = false;           // nothing more is to be received
  bool all_received_ = true;     // the last read emptied the socket
  bool lines_wait_ = false;      // for replies to go out
  bool answered_early_ = false;  // the last command had no line end
  FdWatcher watcher_;
};

Result<std::unique_ptr<Console>> Console::Open(EventLoop& loop, const ConsoleOptions& options,
                                               ServiceHealth& health) {
  const Result<ListenAddress> address = ParseListenAddress(options.listen_address);
  if (!address) {
    return Error{"bad admin listening address: " + options.listen_address +
                 " (write host:port, as in :8126 or [::1]:8126)"};
  }
  Result<std::vector<BoundSocket>> sockets = std::vector<BoundSocket>();
  if (options.adopted != nullptr) {
    sockets = options.adopted->Take(kPurpose, Transport::kTcp, options.listen_address);
  }
  if (sockets->empty()) sockets = OpenTcp(*address);
  if (!sockets) return Error{"admin port: " + sockets.error().message};
  sockets->front().wanted = WantedAs(kPurpose, options.listen_address);
  return std::unique_ptr<Console>(new Console(loop, options, health, std::move(sockets->front())));
}

Console::Console(EventLoop& loop, const ConsoleOptions& options, ServiceHealth& health,
                 BoundSocket socket)
    : loop_(loop),
      options_(options),
      health_(health),
      socket_(std::move(socket)),
      acceptor_(loop, socket_.fd.get(), true, false, [this] { Accept(); }),
      ticker_(loop, kTick, kTick, [this] { Tick(); }) {
  RegisterBuiltIns();
}

Console::~Console() = default;

uint16_t Console::port() const { return SocketAddress::OfSocket(socket_.fd.get()).port(); }

void Console::Register(std::string name, Command command) {
  WEIR_CHECK(name == FirstWord(name));
  commands_.insert_or_assign(std::move(name), std::move(command));
}

void Console::SetUnknownReply(Reply reply) { unknown_reply_ = std::move(reply); }

void Console::RegisterBuiltIns() {
  Register("ping", [](std::string_view) { return "pong\n"; });
  Register("quit", [](std::string_view) { return std::nullopt; });
  Register("health", [this](std::string_view arguments) {
    const std::string wish = FirstWord(arguments);
    if (wish == "up" || wish == "down") health_.Set(wish == "up");
    return health_.up() ? "health: up\n" : "health: down\n";
  });
  Register("help", [this](std::string_view) {
    std::string names;
    for (const auto& [name, command] : commands_) names += (names.empty() ? "" : ", ") + name;
    return "Commands: " + names + "\n\n";
  });
}

const Console::Command* Console::Find(std::string_view name) const {
  const auto command = commands_.find(name);
  return command == commands_.end() ? nullptr : &command->second;
}

bool Console::MayBecomeKnown(std::string_view name) const {
  const auto next = commands_.lower_bound(name);
  return next != commands_.end() && next->first.starts_with(name);
}

void Console::Accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    ScopedFd fd(accept4(socket_.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      // Out of descriptors, say: try again with the next tick instead of in every turn.
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) acceptor_.Stop();
      return;
    }
    if (connections_.size() >= options_.max_connections) connections_.pop_front();
    connections_.push_back(std::make_unique<Connection>(*this, std::move(fd)));
    connections_.back()->set_self(std::prev(connections_.end()));
    connections_.back()->set_last_active(loop_.NowNanos());
  }
}

void Console::Tick() {
  acceptor_.Start();
  const int64_t oldest = loop_.NowNanos() - options_.idle_timeout.count();
  while (!connections_.empty() && connections_.front()->last_active() <= oldest) {
    connections_.pop_front();
  }
}

void Console::Touch(Connections::iterator connection) {
  (*connection)->set_last_active(loop_.NowNanos());
  connections_.splice(connections_.end(), connections_, connection);
}

}  // namespace weir
