// StreamListener: a listening TCP or unix stream socket and the connections it accepted.
//
// All connections read into the loop's one receive buffer; a connection owns memory only for its
// unfinished line, so thousands of idle ones are cheap. There is no limit of connections and no
// idle timeout: the limit of open files is the bound, less 64 (of a small limit a quarter) for the
// rest of the program. When it is reached accepting pauses for 100 ms while the waiting clients
// stay in the kernel's queue.
//
// Thread safety and lifetimes: see common/listener.h.
// Tested by tests/unit/common/stream_listener_test.cc.
#pragma once

#include <memory>
#include <vector>

#include "common/listener.h"
#include "common/stream_decoder.h"

namespace weir {

class StreamListener final : public Listener {
 public:
  StreamListener(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket, LineSink& sink);
  ~StreamListener() override;

  void Drain() override;
  uint64_t KernelDrops() const override { return 0; }

 private:
  struct Connection;
  enum class Until : uint8_t { kTurnOver, kEmpty };

  void Accept(int max_connections);
  void OnAcceptError(int error);
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
};

}  // namespace weir
