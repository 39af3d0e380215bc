// StreamListener: a listening TCP or unix stream socket and the connections it accepted.
//
// All connections read into the loop's one receive buffer; a connection owns memory only for its
// unfinished line, so thousands of idle ones are cheap. There is no limit of connections and no
// idle timeout: the limit of open files is the bound, less 64 (of a small limit a quarter) for the
// rest of the program. When it is reached accepting pauses for 100 ms while the waiting clients
// stay in the kernel's queue.
//
// With TLS a connection counts as one, and is read, once its handshake is done. Handshakes cost so
// much that they get at most kShakingSlice and one step of a turn, whoever waits: in between the
// loop's other listeners are read. At most kMostShaking are under way; for the next one the oldest
// is given up, so that who begins many keeps nobody out and holds little memory (some 50 MB).
//
// Thread safety and lifetimes: see common/listener.h.
// Tested by tests/unit/common/stream_listener_test.cc and tls_listener_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "common/listener.h"
#include "common/replaceable.h"
#include "common/stream_decoder.h"
#include "common/tls_context.h"

namespace weir {

class StreamListener final : public Listener {
 public:
  static constexpr size_t kMostShaking = 1024;
  static constexpr std::chrono::milliseconds kShakingSlice{2};

  StreamListener(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket, LineSink& sink);
  ~StreamListener() override;

  void Drain() override;
  void Pause() override;
  void Resume() override;
  bool Share(const TakeoverLink& link) const override;
  void Leave() override;
  uint64_t KernelDrops() const override { return 0; }

 private:
  struct Connection;
  enum class Until : uint8_t { kTurnOver, kEmpty };

  void Accept(int max_connections);
  void DrainConnections();
  void OnAcceptError(int error);
  void Add(int accepted);
  // The connection can go on: with its handshake, or with lines.
  void OnReady(Connection& connection);
  void Shake(Connection& connection);
  // Is there time for a handshake in this turn?
  bool HasShakingTime();
  void GiveUp(Connection& connection, Rejection reason);
  void GiveUpLate();
  void Read(Connection& connection, Until until);
  // Takes what one recv() gives; false when the connection is over.
  bool ReadOnce(Connection& connection, Until until, bool& more);
  void Close(Connection& connection);

  EventLoop& loop_;
  ReceiveSlots& slots_;
  LineSink& sink_;
  std::vector<std::unique_ptr<Connection>> connections_;
  FdWatcher acceptable_;
  Timer pause_;
  std::optional<Replaceable<TlsContext>::Reader> tls_;  // nothing: plain text
  std::list<Connection*> shaking_;                      // oldest first
  Timer late_;                                          // runs while there are some
  int64_t shaking_turn_ = 0;                            // the turn that shaking_spent_ is of
  std::chrono::nanoseconds shaking_spent_{0};
};

}  // namespace weir
