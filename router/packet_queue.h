// PacketQueue: the bytes that wait for a TCP connection, and where lines and packets end in them.
//
// A connection takes bytes wherever it likes. When it breaks, the line it took half of is dropped:
// no connection ever carries the second half of a line whose first half another one had.
//
// Memory: what waits, at most twice; given back when all of it has gone.
// Cost: a copy of the bytes, one line count per broken connection.
// Thread safety: one thread. Tested by tests/unit/router/packet_queue_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "router/packet.h"

namespace weir {

class PacketQueue {
 public:
  void Push(const Packet& packet);

  // All that waits, from the next byte to be sent on. Good until the next call that changes
  // anything.
  std::string_view bytes() const { return std::string_view(buffer_).substr(head_); }
  bool empty() const { return head_ == buffer_.size(); }

  // The connection took so many bytes: returns what became complete, the bytes all of them.
  Amount Advance(size_t size);

  struct Break {
    Amount sent;  // lines of the first packet that had gone whole
    Amount cut;   // the rest of a line that had not
  };
  // The connection broke.
  Break OnBreak();

  // In lines, those of a packet that went in part included.
  Amount waiting() const;
  // Forgets all, and says how much it was.
  Amount Clear();

 private:
  struct Record {
    uint32_t size;
    uint32_t lines;
  };

  void Compact();

  std::string buffer_;
  size_t head_ = 0;
  std::deque<Record> records_;
  size_t gone_ = 0;  // bytes of the first packet
  uint64_t lines_ = 0;
};

}  // namespace weir
