// Frame: a run of bytes in a file, with its length and checksums (XXH3) of both, so that whatever
// ends early or was changed is noticed.
//
//   file:  magic (8 bytes), version (8 bytes), frame, frame, ...
//   frame: length (4 bytes), checksum of the length (4 bytes), checksum of the payload (8 bytes),
//          payload
//
// Files are written by appending only. A file may therefore end within a frame that nobody relies
// on yet (kTorn; also when zeros follow, as file systems may leave after a power failure). Anything
// else that does not fit is damage.
//
// Thread safety: a reader belongs to one thread. Tested by
// tests/unit/exporter/storage/frame_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// What stands at the beginning of every file.
std::string FileHead();

// Appends `payload` as a frame.
void AppendFrame(std::string_view payload, std::string* out);

enum class FrameEnd : uint8_t {
  kNone,          // there was a frame
  kEnd,           // the file ends where a frame may
  kTorn,          // it ends within one
  kDamaged,       // a checksum does not fit
  kForeign,       // it is none of our files
  kOtherVersion,  // it is one of another version
  kError,         // it can not be read: errno
};

class FrameReader {
 public:
  static constexpr size_t kMostBytes = size_t{64} << 20;  // of a payload

  // `fd` is at the beginning of the file; it outlives the reader.
  explicit FrameReader(int fd) : fd_(fd) {}

  // The next payload, valid until the next call; kNone when there is one. Anything else is final.
  FrameEnd Next(std::string_view* payload);

  // Of the version when it is another one.
  uint64_t version() const { return version_; }
  // Where the frame begins that was asked for last.
  uint64_t offset() const { return offset_; }

 private:
  // Has `size` bytes behind at_, or all there are.
  bool Fill(size_t size);
  FrameEnd ReadHead();
  // The file ends or goes on with zeros only.
  bool OnlyZerosFollow();
  size_t left() const { return buffer_.size() - at_; }

  const int fd_;
  std::string buffer_;
  size_t at_ = 0;
  uint64_t offset_ = 0;
  uint64_t next_offset_ = 0;
  uint64_t version_ = 0;
  bool at_start_ = true;
  int error_ = 0;
};

}  // namespace weir
