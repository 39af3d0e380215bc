#include "common/takeover_link.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/stream_decoder.h"
#include "common/unix_address.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience(10);
// The tail of a frame has its length before it.
constexpr size_t kMostBytes = kMaxLineBytes + 64;

// What a message is, its first byte.
constexpr char kWord = 'w';
constexpr char kSocket = 's';
constexpr char kStream = 'c';
constexpr char kState = 'm';

Error Broken(const std::string& why) { return {"the running process did not hand over: " + why}; }

}  // namespace

struct TakeoverLink::Message {
  char kind;
  std::string text;
  ScopedFd fd;  // none unless one was sent
};

TakeoverLink::TakeoverLink(ScopedFd fd) : fd_(std::move(fd)) {
  const timeval limit{.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  SetPatience(kPatience);
}

void TakeoverLink::SetPatience(std::chrono::seconds patience) const {
  const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

Result<std::optional<TakeoverLink>> TakeoverLink::Connect(const std::string& path) {
  ScopedFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (path.empty() || path.size() > UnixAddress::kMaxPathBytes || !fd.valid()) {
    return Error{path + " is no path of a socket"};
  }
  const UnixAddress address(path);
  if (connect(fd.get(), address.data(), address.size()) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<TakeoverLink>();
    return Error{"cannot ask the process that listens at " + path + ": " + std::strerror(errno)};
  }
  return std::optional<TakeoverLink>(TakeoverLink(std::move(fd)));
}

bool TakeoverLink::Send(char kind, std::string_view text, int fd) const {
  iovec parts[] = {{&kind, 1}, {const_cast<char*>(text.data()), text.size()}};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
  }
  ssize_t sent;
  do {
    sent = sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(1 + text.size());
}

std::optional<TakeoverLink::Message> TakeoverLink::Receive() const {
  std::string text(1 + kMostBytes, '\0');
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t size;
  do {
    size = recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  ScopedFd fd;
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (size >= 0 && header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int number;
    std::memcpy(&number, CMSG_DATA(header), sizeof(number));
    fd = ScopedFd(number);
  }
  if (size < 1 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::nullopt;
  return Message{text[0], text.substr(1, static_cast<size_t>(size) - 1), std::move(fd)};
}

bool TakeoverLink::Say(std::string_view word) const { return Send(kWord, word); }

bool TakeoverLink::Expect(std::string_view word, std::chrono::seconds patience) const {
  SetPatience(patience);
  const auto message = Receive();
  return message && message->kind == kWord && message->text == word;
}

bool TakeoverLink::SendSocket(Transport transport, std::string_view wanted, int fd) const {
  std::string text(1, static_cast<char>(transport));
  return Send(kSocket, text.append(wanted), fd);
}

bool TakeoverLink::SendStream(int fd, const StreamState& state) const {
  WEIR_CHECK(state.tail.size() <= kMostBytes - 2);
  std::string text = {static_cast<char>(state.framing), static_cast<char>(state.skipping)};
  return Send(kStream, text.append(state.tail), fd);
}

Result<std::vector<BoundSocket>> TakeoverLink::ReceiveSockets() const {
  SetPatience(kPatience);
  std::vector<BoundSocket> sockets;
  while (true) {
    auto message = Receive();
    if (!message) return Broken("it is gone, or out of descriptors, or did not answer in time");
    const std::string& text = message->text;
    if (message->kind == kWord && text == "end") return sockets;
    if (message->kind == kSocket && !text.empty() && message->fd.valid()) {
      BoundSocket& socket = sockets.emplace_back();
      socket.transport = static_cast<Transport>(text[0]);
      socket.wanted = text.substr(1);
      socket.fd = std::move(message->fd);
    } else if (message->kind == kStream && text.size() >= 2 && message->fd.valid() &&
               !sockets.empty()) {
      OpenStream& stream = sockets.back().streams.emplace_back();
      stream.fd = std::move(message->fd);
      stream.state = {static_cast<StreamFraming>(text[0]), text[1] != 0, text.substr(2)};
    } else {
      return Broken("it speaks otherwise");
    }
  }
}

bool TakeoverLink::SendState(int fd) const { return Send(kState, {}, fd); }

std::vector<ScopedFd> TakeoverLink::ReceiveState(std::chrono::seconds patience) const {
  SetPatience(patience);
  std::vector<ScopedFd> files;
  while (true) {
    auto message = Receive();
    if (!message) return {};
    if (message->kind == kWord && message->text == "all") return files;
    if (message->kind != kState || !message->fd.valid()) return {};
    if (lseek(message->fd.get(), 0, SEEK_SET) != 0) return {};
    files.push_back(std::move(message->fd));
  }
}

void TakeoverLink::Cancel() const { shutdown(fd_.get(), SHUT_RDWR); }

}  // namespace weir
