// Lines: cutting a block of received bytes into them, and telling the two kinds of line that carry
// no sample (DogStatsD events and service checks).
//
// Lines are views into the block, which must outlive them. Nothing is copied or allocated.
// Thread safety: LineCutter belongs to one thread; the functions are pure.
// Tested by tests/unit/common/line_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace weir {

// The line without the one CR that a CRLF sender left at its end.
inline std::string_view WithoutCr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

enum class Framing : uint8_t {
  // What follows the last LF is a line, even an empty one: "a\n" holds two lines and a datagram of
  // no bytes holds one, as statsd_exporter counts them.
  kDatagram,
  // LF ends a line, so "a\n" holds one; bytes after the last LF are a line too, so while a stream
  // is open its reader hands over whole lines only, and the rest when the stream ends.
  kStream,
};

class LineCutter {
 public:
  LineCutter(std::string_view block, Framing framing)
      : rest_(block.data()),
        end_(block.data() + block.size()),
        more_(framing == Framing::kDatagram || !block.empty()),
        stream_(framing == Framing::kStream) {}

  // The next line, without its LF or CRLF; false when there is none.
  bool Next(std::string_view* line) {
    if (!more_) return false;
    const auto left = static_cast<size_t>(end_ - rest_);
    const char* const lf =
        left == 0 ? nullptr : static_cast<const char*>(std::memchr(rest_, '\n', left));
    if (lf == nullptr) {
      more_ = false;
      *line = WithoutCr({rest_, left});
      return true;
    }
    *line = WithoutCr({rest_, static_cast<size_t>(lf - rest_)});
    rest_ = lf + 1;
    more_ = !stream_ || rest_ < end_;
    return true;
  }

 private:
  const char* rest_;
  const char* end_;
  bool more_;
  bool stream_;
};

// The title of a DogStatsD event, `_e{5,4}:title|text|...`; nothing when the line is no event. The
// lengths may count bytes or characters: Python counts the ones, Ruby the others. An event has a
// title; its text may be empty. REQUIRES: valid UTF-8.
std::optional<std::string_view> EventTitle(std::string_view line);

// The name of a DogStatsD service check, `_sc|name|0|...` with a status of 0 to 3; nothing when the
// line is no check.
std::optional<std::string_view> CheckName(std::string_view line);

}  // namespace weir
