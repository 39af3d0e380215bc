// StreamDecoder: the bytes of one connection, as they come, made into whole lines or frames.
//
// Lines end in LF and have at most 64 KiB before it; a longer one is skipped to its LF and counted,
// and the connection lives on. Whole lines are shown in place; only the beginning of an unfinished
// one is copied, and its memory is given back once it was long.
//
// A unix stream may instead carry DogStatsD frames: packets with a 4-byte little-endian length
// before each (datadogpy's unixstream://). Its first four bytes tell: as a length they are at most
// 64 KiB, so that the last is zero and the third zero or one, which no text begins with.
//
// Owns the unfinished beginning. Thread safety: none; lives on its listener's loop.
// Tested by tests/unit/common/stream_decoder_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/listener.h"
#include "common/open_stream.h"

namespace weir {

// Bytes before the LF of a line, or in a frame.
constexpr size_t kMaxLineBytes = 65'536;
// Unfinished beginnings of all connections of a listener together.
constexpr size_t kMaxPendingBytes = 16 * 1024 * 1024;

class StreamDecoder {
 public:
  // `counters`: of the listener; outlives the decoder.
  StreamDecoder(Transport transport, LineSink& sink, ListenerCounters& counters);
  // One that goes on where another process stopped.
  StreamDecoder(Transport transport, LineSink& sink, ListenerCounters& counters, StreamState state);
  ~StreamDecoder();
  StreamDecoder(const StreamDecoder&) = delete;
  StreamDecoder& operator=(const StreamDecoder&) = delete;

  // False: close the connection, its frames are broken or there is no room for them.
  // REQUIRES: data.size() <= kMaxLineBytes.
  [[nodiscard]] bool Feed(std::string_view data);

  // The peer ended the stream in order: what is left over is a line too, but half a frame is none.
  void End();

  // For another process to go on with.
  const StreamState& state() const { return state_; }
  // Forgets what is unfinished, without counting it: another process has it.
  void Leave() { Forget(); }

 private:
  bool Decide(std::string_view data);
  void FeedLines(std::string_view data);
  bool FeedFrames(std::string_view data);
  bool TakeFramePart(std::string_view& data);
  void Deliver(std::string_view frame);
  // False, and nothing kept: no room within kMaxPendingBytes.
  bool Keep(std::string_view data);
  bool KeepFrame(std::string_view data);
  void KeepLine(std::string_view data);
  void Forget();

  LineSink& sink_;
  ListenerCounters& counters_;
  const Transport transport_;
  StreamState state_;
};

}  // namespace weir
