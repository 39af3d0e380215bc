// OpenStream: a connection between two reads, as one process hands it to the next.
//
// Thread safety: a plain value.
#pragma once

#include <cstdint>
#include <string>

#include "common/scoped_fd.h"

namespace weir {

// How a connection's bytes are cut, as soon as they tell.
enum class StreamFraming : uint8_t { kUndecided, kLines, kFrames };

struct StreamState {
  StreamFraming framing = StreamFraming::kUndecided;
  bool skipping = false;  // to the LF of a line that is dropped
  std::string tail;       // the beginning of the unfinished line or frame (with its length)
};

struct OpenStream {
  ScopedFd fd;  // non-blocking
  StreamState state;
};

}  // namespace weir
