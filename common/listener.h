// Listener: a bound socket attached to a loop; what arrives on it goes to a LineSink.
//
// One interface for all transports: datagrams (UDP, unixgram), streams (TCP, unix stream) and, in
// common/queue_listener.h, HTTP. It
// finds where lines end in a stream and no more: lines keep their CR, and what is in them is not
// looked at (that is common/line's).
//
// Nothing that a client sends or does closes a listener. Errors are counted and reading goes on.
// Thread safety: everything belongs to the loop's thread.
// Lifetimes: loop, slots and sink outlive the listener. A sink's call must not destroy it.
// Tested by tests/unit/common/datagram_listener_test.cc, tests/unit/common/stream_listener_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/admission.h"
#include "common/event_loop.h"
#include "common/receive_slots.h"
#include "common/socket.h"

namespace weir {

class TakeoverLink;

class LineSink {
 public:
  virtual ~LineSink() = default;
  // One datagram, as it came. What follows its last LF is a line too, even when empty. A UDP or
  // unixgram datagram stays valid until OnBatchEnd, anything of a stream only during the call.
  virtual void OnDatagram(std::string_view datagram, Transport transport) = 0;
  // One or more whole lines of a stream, each ending in LF; or, at the end of the stream, an
  // unterminated last one.
  virtual void OnStream(std::string_view lines, Transport transport) = 0;
  // The memory of what was shown is about to be used again, or the socket's turn is over: apply
  // what was staged.
  virtual void OnBatchEnd() = 0;
};

struct ListenerCounters {
  uint64_t datagrams = 0;  // frames of a unix stream included
  uint64_t bytes = 0;
  // Datagrams longer than 64 KiB (unixgram only); the line that was cut off is not delivered.
  uint64_t truncated = 0;
  uint64_t receive_errors = 0;     // failed reads of a datagram socket
  uint64_t connections = 0;        // accepted, their TLS handshake done
  uint64_t connection_errors = 0;  // connections that ended by an error, such as a reset
  uint64_t accept_errors = 0;      // failed accepts, such as for want of file descriptors
  uint64_t too_long_lines = 0;     // longer than kMaxLineBytes, dropped
  // Lines and frames whose end never came (reset, cut frame, drain), and those for whose beginning
  // there was no room within kMaxPendingBytes.
  uint64_t unfinished_lines = 0;
  uint64_t bad_frames = 0;  // frame lengths of zero or above kMaxLineBytes; they end the connection

  // Gauges.
  uint64_t open_connections = 0;
  uint64_t pending_bytes = 0;  // beginnings of lines and frames that wait for their ends

  // What was not let in, by Rejection; counted nowhere else.
  std::array<uint64_t, kRejectionCount> rejected{};
  void Reject(Rejection rejection) { ++rejected[static_cast<size_t>(rejection)]; }
};

// What a listener counted, as one copy that other threads may have.
struct ListenerReport {
  Transport transport;
  std::string address;
  bool open;
  ListenerCounters counters;
  uint64_t kernel_drops;
  // What Rejections there can be, by Rejection.
  std::array<bool, kRejectionCount> rejects = {};
};

class Listener {
 public:
  explicit Listener(BoundSocket socket);
  virtual ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The last reading, for an orderly end: stops watching, then reads until the kernel holds nothing
  // more, bounded, so that a sender who never pauses cannot keep the process. For streams this
  // accepts whom the kernel let in, reads every connection and closes it. May be called again.
  virtual void Drain() = 0;

  // Handing over to another process, which reads on where this one stopped. Pause: reads no more,
  // until Resume. Share: gives socket and connections to the other one too; false when it did not
  // take them. Leave: it has them; closes ours without a word, and listens no more.
  // REQUIRES: Share and Leave come after Pause.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  virtual bool Share(const TakeoverLink& link) const;
  virtual void Leave();
  // The predecessor has left: the file of a unix socket goes with ours from now on.
  void OwnFile();

  // Datagrams that the kernel dropped for want of buffer since the socket was opened. Zero for
  // streams, where nothing is lost.
  virtual uint64_t KernelDrops() const = 0;

  const ListenerCounters& counters() const { return counters_; }
  virtual ListenerReport Report() const {
    return {transport(), address(), open_, counters_, KernelDrops(), RejectsOf(admission())};
  }
  // False once the socket turned out to be unusable (closed behind our back).
  bool open() const { return open_; }
  Transport transport() const { return socket_.transport; }
  const std::string& address() const { return socket_.address; }

 protected:
  // The sink to deliver to: `inner`, behind whatever the socket's admission asks for. To be called
  // once.
  LineSink& Gated(LineSink& inner);

  int fd() const { return socket_.fd.get(); }
  bool left() const { return left_; }
  // Once.
  std::vector<OpenStream> TakeStreams() { return std::move(socket_.streams); }
  const Admission& admission() const { return socket_.admission; }
  int granted_read_buffer() const { return socket_.granted_read_buffer; }

  ListenerCounters counters_;
  bool open_ = true;

 private:
  BoundSocket socket_;
  bool left_ = false;               // another process has the socket
  std::unique_ptr<LineSink> gate_;  // null: the sink is open to all
};

// A listener of the kind the socket needs; it delivers from the loop's next turn on.
// `slots`: the receive memory of the loop, shared by all its listeners.
std::unique_ptr<Listener> Attach(EventLoop& loop, ReceiveSlots& slots, BoundSocket socket,
                                 LineSink& sink);

}  // namespace weir
