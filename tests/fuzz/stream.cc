// Streams: however the bytes of a connection are cut on their way, the same lines and frames come
// out, none longer than allowed, and what is kept back is bounded.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/stream_decoder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/recording_sink.h"

namespace weir {
namespace {

struct Decoded {
  std::string lines;
  std::vector<std::string> frames;
  ListenerCounters counters;
  bool closed = false;  // by the decoder
};

// `cuts` are taken in turn for sizes; none: as large as may be.
Decoded Decode(std::string_view bytes, Transport transport, std::string_view cuts) {
  Decoded decoded;
  RecordingSink sink;
  {
    StreamDecoder decoder(transport, sink, decoded.counters);
    size_t turn = 0;
    while (!bytes.empty() && !decoded.closed) {
      size_t size = kMaxLineBytes;
      if (!cuts.empty()) size = 1 + static_cast<uint8_t>(cuts[turn++ % cuts.size()]);
      size = std::min(size, bytes.size());
      const std::vector<char> copy(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
      decoded.closed = !decoder.Feed({copy.data(), copy.size()});
      bytes.remove_prefix(size);
      FUZZ_CHECK(decoded.counters.pending_bytes <= kMaxLineBytes + 4);
    }
    if (!decoded.closed) decoder.End();
  }
  FUZZ_CHECK(decoded.counters.pending_bytes == 0);
  decoded.lines = sink.stream_text;
  decoded.frames = sink.datagrams;
  return decoded;
}

}  // namespace

FUZZ(stream) {
  Choices choices(&input);
  const Transport transport = choices.Bit() ? Transport::kUnixStream : Transport::kTcp;
  const bool is_long = choices.Bit();
  const size_t extra = choices.Byte() % 16;
  const size_t cut_count = choices.Byte() % 8;
  const std::string_view cuts = input.substr(0, cut_count);
  std::string bytes(input.substr(cuts.size()));
  if (is_long) {
    // A line or a frame about as long as may be, in the middle of the others.
    bytes.insert(bytes.size() / 2, std::string(kMaxLineBytes - 8 + extra, 'x'));
  }
  const Decoded whole = Decode(bytes, transport, {});
  const Decoded cut = Decode(bytes, transport, cuts.empty() ? std::string_view("\0", 1) : cuts);
  FUZZ_CHECK(whole.lines == cut.lines);
  FUZZ_CHECK(whole.frames == cut.frames);
  FUZZ_CHECK(whole.closed == cut.closed);
  FUZZ_CHECK(whole.counters.too_long_lines == cut.counters.too_long_lines);
  FUZZ_CHECK(whole.counters.unfinished_lines == cut.counters.unfinished_lines);
  FUZZ_CHECK(whole.counters.bad_frames == cut.counters.bad_frames);
  for (const std::string& frame : whole.frames) FUZZ_CHECK(frame.size() <= kMaxLineBytes);
  FUZZ_CHECK(transport == Transport::kUnixStream || whole.frames.empty());
  size_t line_begin = 0;
  for (size_t end; (end = whole.lines.find('\n', line_begin)) != std::string::npos;) {
    FUZZ_CHECK(end - line_begin <= kMaxLineBytes);
    line_begin = end + 1;
  }
}

}  // namespace weir
