#include "common/stream_decoder.h"

#include <optional>

#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace weir {
namespace {

std::string Frame(std::string_view packet) {
  std::string frame;
  for (int shift = 0; shift < 32; shift += 8) frame += static_cast<char>(packet.size() >> shift);
  return frame.append(packet);
}

struct Decoding {
  explicit Decoding(Transport transport) { decoder.emplace(transport, sink, counters); }

  // In pieces of at most `piece` bytes.
  bool Feed(std::string_view bytes, size_t piece = kMaxLineBytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      if (!decoder->Feed(bytes.substr(0, piece))) return false;
    }
    return true;
  }
  // The connection ends, in order or not.
  void Close(bool in_order) {
    if (in_order) decoder->End();
    decoder.reset();
    CHECK(counters.pending_bytes == 0);
  }

  RecordingSink sink;
  ListenerCounters counters;
  std::optional<StreamDecoder> decoder;
};

const Transport kTextTransports[] = {Transport::kTcp, Transport::kUnixStream};

TEST_CASE("lines arrive whole however the stream is cut", "[stream_decoder]") {
  const std::string text = "a:1|c\nbb:22|g|#x:y\r\n\n\nlast:3|ms\n";
  for (const Transport transport : kTextTransports) {
    for (size_t piece = 1; piece <= text.size(); ++piece) {
      Decoding stream(transport);
      REQUIRE(stream.Feed(text, piece));
      CHECK(stream.sink.stream_text == text);
      for (const std::string& lines : stream.sink.streams) CHECK(lines.ends_with('\n'));
      stream.Close(true);
      CHECK(stream.sink.stream_text == text);
      CHECK(stream.counters.unfinished_lines == 0);
    }
  }
}

TEST_CASE("whole lines of one piece arrive in one call", "[stream_decoder]") {
  Decoding stream(Transport::kTcp);
  REQUIRE(stream.Feed("a:1|c\nb:1|c\nc:"));
  CHECK(stream.sink.streams == std::vector<std::string>{"a:1|c\nb:1|c\n"});
  CHECK(stream.counters.pending_bytes == 2);
  REQUIRE(stream.Feed("1|c\nd:1|c\n"));
  CHECK(stream.sink.streams == std::vector<std::string>{"a:1|c\nb:1|c\n", "c:1|c\n", "d:1|c\n"});
  CHECK(stream.counters.pending_bytes == 0);
}

TEST_CASE("an unterminated last line counts at the end of the stream", "[stream_decoder]") {
  for (const Transport transport : kTextTransports) {
    for (const char* last : {"a", "ab", "abc", "abcd", "a:1|c"}) {
      Decoding stream(transport);
      REQUIRE(stream.Feed(last));
      CHECK(stream.sink.streams.empty());
      stream.Close(true);
      CHECK(stream.sink.stream_text == last);
      CHECK(stream.counters.unfinished_lines == 0);
    }
  }
}

TEST_CASE("an unterminated line of a broken connection is dropped and counted",
          "[stream_decoder]") {
  Decoding stream(Transport::kTcp);
  REQUIRE(stream.Feed("a:1|c\nb:12"));
  stream.Close(false);
  CHECK(stream.sink.stream_text == "a:1|c\n");
  CHECK(stream.counters.unfinished_lines == 1);
}

TEST_CASE("lines up to 64 KiB arrive, longer ones are dropped and counted", "[stream_decoder]") {
  for (const size_t size : {kMaxLineBytes - 1, kMaxLineBytes, kMaxLineBytes + 1, 300'000ul}) {
    for (const size_t piece : {kMaxLineBytes, 1000ul, 4096ul}) {
      INFO(size << " in pieces of " << piece);
      const bool fits = size <= kMaxLineBytes;
      const std::string line = std::string(size, 'x') + "\n";
      Decoding stream(Transport::kTcp);
      REQUIRE(stream.Feed("before\n" + line + "after\n", piece));
      CHECK(stream.sink.stream_text == (fits ? "before\n" + line + "after\n" : "before\nafter\n"));
      CHECK(stream.counters.too_long_lines == (fits ? 0 : 1));
      stream.Close(true);
    }
  }
}

TEST_CASE("the line limit holds to the byte, also without an LF", "[stream_decoder]") {
  for (const size_t size : {kMaxLineBytes, kMaxLineBytes + 1}) {
    Decoding stream(Transport::kTcp);
    REQUIRE(stream.Feed(std::string(size, 'x'), 30'000));
    stream.Close(true);
    CHECK(stream.sink.stream_text.size() == (size == kMaxLineBytes ? size : 0));
    CHECK(stream.counters.too_long_lines == (size == kMaxLineBytes ? 0 : 1));
  }
}

TEST_CASE("unfinished lines of all connections share one bound", "[stream_decoder]") {
  RecordingSink sink;
  ListenerCounters counters;
  const std::string beginning(kMaxLineBytes, 'x');
  std::vector<std::unique_ptr<StreamDecoder>> decoders;
  for (size_t i = 0; i <= kMaxPendingBytes / kMaxLineBytes; ++i) {
    decoders.push_back(std::make_unique<StreamDecoder>(Transport::kTcp, sink, counters));
    REQUIRE(decoders.back()->Feed(beginning));
  }
  CHECK(counters.pending_bytes == kMaxPendingBytes);
  CHECK(counters.unfinished_lines == 1);
  // The line without room is skipped to its LF; the connection goes on.
  REQUIRE(decoders.back()->Feed("rest\nnext\n"));
  CHECK(sink.stream_text == "next\n");
  decoders.clear();
  CHECK(counters.pending_bytes == 0);
}

TEST_CASE("frames are told from text and arrive however the stream is cut", "[stream_decoder]") {
  const std::vector<std::string> packets = {"st:1|c\n", "x", "a:1|c\nb:2|c",
                                            std::string(kMaxLineBytes, 'y'), std::string(255, 'z')};
  std::string bytes;
  for (const std::string& packet : packets) bytes += Frame(packet);
  for (const size_t piece : {1ul, 2ul, 3ul, 4ul, 5ul, 7ul, 1000ul, kMaxLineBytes}) {
    Decoding stream(Transport::kUnixStream);
    REQUIRE(stream.Feed(bytes, piece));
    CHECK(stream.sink.datagrams == packets);
    CHECK(stream.sink.streams.empty());
    CHECK(stream.counters.datagrams == packets.size());
    CHECK(stream.counters.pending_bytes == 0);
    stream.Close(true);
    CHECK(stream.counters.unfinished_lines == 0);
  }
}

TEST_CASE("a first frame of any length is told from text", "[stream_decoder]") {
  for (const size_t size : {1ul, 10ul, 255ul, 256ul, 2570ul, 65'535ul, 65'536ul}) {
    Decoding stream(Transport::kUnixStream);
    REQUIRE(stream.Feed(Frame(std::string(size, 'q'))));
    REQUIRE(stream.sink.datagrams.size() == 1);
    CHECK(stream.sink.datagrams[0].size() == size);
  }
}

TEST_CASE("short first lines are text", "[stream_decoder]") {
  for (const char* text : {"\n\n\n\n", "a\nb\nc\n", "\nab:1|c\n", "abc:1|c\n"}) {
    for (const size_t piece : {1ul, 2ul, 100ul}) {
      Decoding stream(Transport::kUnixStream);
      REQUIRE(stream.Feed(text, piece));
      stream.Close(true);
      CHECK(stream.sink.stream_text == text);
      CHECK(stream.sink.datagrams.empty());
    }
  }
}

TEST_CASE("a frame length of zero or above 64 KiB ends the connection", "[stream_decoder]") {
  const std::string good = Frame("a:1|c");
  for (const std::string& bad :
       {std::string(4, '\0'), std::string("\x01\x00\x01\x00", 4), std::string("a:1|c\nb:1|c\n")}) {
    for (const size_t piece : {1ul, 100ul}) {
      Decoding stream(Transport::kUnixStream);
      CHECK_FALSE(stream.Feed(good + bad, piece));
      CHECK(stream.sink.datagrams == std::vector<std::string>{"a:1|c"});
      CHECK(stream.counters.bad_frames == 1);
      stream.Close(false);
      CHECK(stream.counters.unfinished_lines == 0);
    }
  }
  Decoding first(Transport::kUnixStream);
  CHECK_FALSE(first.Feed(std::string(4, '\0')));
  CHECK(first.counters.bad_frames == 1);
}

TEST_CASE("half a frame is no packet and is counted", "[stream_decoder]") {
  Decoding stream(Transport::kUnixStream);
  REQUIRE(stream.Feed(Frame("a:1|c") + Frame("b:1|c").substr(0, 6)));
  stream.Close(true);
  CHECK(stream.sink.datagrams == std::vector<std::string>{"a:1|c"});
  CHECK(stream.counters.unfinished_lines == 1);
}

TEST_CASE("a frame without room ends the connection and is counted", "[stream_decoder]") {
  Decoding stream(Transport::kUnixStream);
  REQUIRE(stream.Feed(Frame("a:1|c")));
  stream.counters.pending_bytes = kMaxPendingBytes;
  CHECK_FALSE(stream.Feed(Frame("b:1|c").substr(0, 6)));
  CHECK(stream.counters.unfinished_lines == 1);
  stream.counters.pending_bytes -= kMaxPendingBytes;
  stream.Close(false);
  CHECK(stream.counters.unfinished_lines == 1);
}

TEST_CASE("TCP is text whatever it begins with", "[stream_decoder]") {
  Decoding stream(Transport::kTcp);
  REQUIRE(stream.Feed(Frame("st:1|c\n")));
  CHECK(stream.sink.datagrams.empty());
  CHECK(stream.sink.stream_text == Frame("st:1|c\n"));
}

}  // namespace
}  // namespace weir
