// TcpDownstream: a connection that is kept, and a queue in front of it.
//
// The connection is made at once and made again when it breaks: after 100 ms at first, twice as
// long each time up to 10 s, less a random part of up to half, so that a fleet of routers does not
// come back in step. A connection that lived for a second starts the count anew. A peer that
// answers nothing for 10 s, though it is to acknowledge data or to say whether it has room, counts
// as gone; one that answers and does not read is waited for.
//
// The queue is bounded in bytes; what does not fit is dropped, newest first. Lines given to the
// kernel count as sent, though a connection that breaks may lose them; the line it took half of is
// dropped and never continued. What the peer says is thrown away.
// Thread safety and lifetimes: see router/downstream.h.
// Tested by tests/unit/router/tcp_downstream_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <random>

#include "common/scoped_fd.h"
#include "router/downstream.h"
#include "router/packet_queue.h"

namespace weir {

class TcpDownstream final : public Downstream {
 public:
  // `silence`: after which a peer counts as gone.
  TcpDownstream(EventLoop& loop, const DownstreamSpec& spec, DownstreamEvents events,
                std::chrono::milliseconds silence = std::chrono::seconds(10));

  // Takes all.
  size_t Send(std::span<const Packet> packets) override;
  void SetEndpoint(const Endpoint& endpoint) override;
  Amount waiting() const override { return queue_.waiting(); }
  uint64_t room() const override { return queue_bytes_ - queue_.bytes().size(); }
  void TryNow() override;
  void GiveUp() override;

  bool connected() const { return state_ == State::kConnected; }

 private:
  enum class State : uint8_t { kApart, kConnecting, kConnected };

  void Connect();
  void OnReady();
  void OnConnected();
  void Look();
  void DiscardInput();
  void Write();
  void Break(int error);
  void TryLater();

  EventLoop& loop_;
  const std::chrono::milliseconds silence_;
  const uint64_t queue_bytes_;
  const DownstreamEvents events_;
  Endpoint endpoint_;
  State state_ = State::kApart;
  ScopedFd fd_;
  std::unique_ptr<FdWatcher> watcher_;  // goes before fd_
  bool full_ = false;                   // the socket, until it is writable
  PacketQueue queue_;
  int64_t connected_since_ = 0;
  std::chrono::nanoseconds backoff_;
  std::minstd_rand random_;
  Timer timeout_;
  Timer look_;            // while connected
  int silent_looks_ = 0;  // in a row, at which an answer was awaited
  std::optional<Timer> retry_;
};

}  // namespace weir
