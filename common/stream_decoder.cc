#include "common/stream_decoder.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

constexpr size_t kFrameHeader = 4;
// Up to here the memory of a tail stays with the connection, so that lines of usual length allocate
// nothing; 5,000 idle connections then hold 2.5 MB at the most.
constexpr size_t kKeptCapacity = 512;

size_t FrameLength(std::string_view header) {
  size_t length = 0;
  for (int i = kFrameHeader - 1; i >= 0; --i) {
    length = length << 8 | static_cast<unsigned char>(header[i]);
  }
  return length;
}

bool ValidLength(size_t length) { return length > 0 && length <= kMaxLineBytes; }

}  // namespace

StreamDecoder::StreamDecoder(Transport transport, LineSink& sink, ListenerCounters& counters)
    : sink_(sink),
      counters_(counters),
      transport_(transport),
      state_{.framing = transport == Transport::kUnixStream ? StreamFraming::kUndecided
                                                            : StreamFraming::kLines,
             .tail = {}} {}

StreamDecoder::StreamDecoder(Transport transport, LineSink& sink, ListenerCounters& counters,
                             StreamState state)
    : sink_(sink), counters_(counters), transport_(transport), state_(std::move(state)) {
  counters_.pending_bytes += state_.tail.size();
}

StreamDecoder::~StreamDecoder() {
  if (!state_.tail.empty()) ++counters_.unfinished_lines;
  Forget();
}

bool StreamDecoder::Feed(std::string_view data) {
  WEIR_CHECK(data.size() <= kMaxLineBytes);
  if (state_.framing == StreamFraming::kUndecided && !Decide(data)) return KeepFrame(data);
  if (state_.framing == StreamFraming::kFrames) return FeedFrames(data);
  FeedLines(data);
  return true;
}

void StreamDecoder::End() {
  if (state_.framing != StreamFraming::kFrames && !state_.tail.empty()) {
    sink_.OnStream(state_.tail, transport_);
    Forget();
  }
}

bool StreamDecoder::Decide(std::string_view data) {
  std::string head = state_.tail;
  head.append(data.substr(0, kFrameHeader - head.size()));
  const auto byte = [&head](size_t i) { return static_cast<unsigned char>(head[i]); };
  if (head.size() > 2 && byte(2) > 1) {
    state_.framing = StreamFraming::kLines;
  } else if (head.size() == kFrameHeader) {
    state_.framing = byte(3) == 0 ? StreamFraming::kFrames : StreamFraming::kLines;
  } else {
    return false;
  }
  if (state_.framing == StreamFraming::kLines) {
    // What waited for the decision may hold an LF, which a tail never does.
    const std::string waited = state_.tail;
    Forget();
    FeedLines(waited);
  }
  return true;
}

void StreamDecoder::FeedLines(std::string_view data) {
  if (state_.skipping || !state_.tail.empty()) {
    const size_t end = data.find('\n');
    if (end == data.npos) {
      if (!state_.skipping) KeepLine(data);
      return;
    }
    if (state_.skipping) {
      state_.skipping = false;
    } else if (state_.tail.size() + end > kMaxLineBytes) {
      ++counters_.too_long_lines;
    } else {
      counters_.pending_bytes += end + 1;
      state_.tail.append(data.substr(0, end + 1));
      sink_.OnStream(state_.tail, transport_);
    }
    Forget();
    data.remove_prefix(end + 1);
  }
  const size_t last = data.rfind('\n');
  if (last != data.npos) {
    sink_.OnStream(data.substr(0, last + 1), transport_);
    data.remove_prefix(last + 1);
  }
  if (!data.empty()) KeepLine(data);
}

bool StreamDecoder::FeedFrames(std::string_view data) {
  while (!data.empty()) {
    if (state_.tail.empty() && data.size() >= kFrameHeader) {
      const size_t length = FrameLength(data);
      if (ValidLength(length) && data.size() >= kFrameHeader + length) {
        Deliver(data.substr(kFrameHeader, length));
        data.remove_prefix(kFrameHeader + length);
        continue;
      }
    }
    if (!TakeFramePart(data)) return false;
  }
  return true;
}

bool StreamDecoder::TakeFramePart(std::string_view& data) {
  size_t wanted = kFrameHeader;
  if (state_.tail.size() >= kFrameHeader) wanted += FrameLength(state_.tail);
  const std::string_view part = data.substr(0, wanted - state_.tail.size());
  if (!KeepFrame(part)) return false;
  data.remove_prefix(part.size());
  if (state_.tail.size() < kFrameHeader) return true;
  const size_t length = FrameLength(state_.tail);
  if (!ValidLength(length)) {
    ++counters_.bad_frames;
    Forget();
    return false;
  }
  if (state_.tail.size() == kFrameHeader + length) {
    Deliver(std::string_view(state_.tail).substr(kFrameHeader));
    Forget();
  }
  return true;
}

void StreamDecoder::Deliver(std::string_view frame) {
  ++counters_.datagrams;
  sink_.OnDatagram(frame, transport_);
}

bool StreamDecoder::Keep(std::string_view data) {
  if (counters_.pending_bytes + data.size() > kMaxPendingBytes) return false;
  counters_.pending_bytes += data.size();
  state_.tail.append(data);
  return true;
}

bool StreamDecoder::KeepFrame(std::string_view data) {
  if (Keep(data)) return true;
  ++counters_.unfinished_lines;
  Forget();
  return false;
}

void StreamDecoder::KeepLine(std::string_view data) {
  const bool too_long = state_.tail.size() + data.size() > kMaxLineBytes;
  if (!too_long && Keep(data)) return;
  ++(too_long ? counters_.too_long_lines : counters_.unfinished_lines);
  state_.skipping = true;
  Forget();
}

void StreamDecoder::Forget() {
  counters_.pending_bytes -= state_.tail.size();
  state_.tail.clear();
  if (state_.tail.capacity() > kKeptCapacity) state_.tail.shrink_to_fit();
}

}  // namespace weir
