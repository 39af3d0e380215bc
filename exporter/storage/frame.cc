#include "exporter/storage/frame.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/hash.h"
#include "exporter/storage/bytes.h"

namespace weir {
namespace {

constexpr std::string_view kMagic = "WEIRstor";
constexpr uint64_t kVersion = 1;
constexpr size_t kHeadBytes = 16;
// Room is cleared before it is read into, and most files of an idle exporter are small.
constexpr size_t kReadBytes = 64 << 10;

uint32_t CheckLength(uint32_t length) {
  const std::string_view bytes(reinterpret_cast<const char*>(&length), sizeof length);
  return static_cast<uint32_t>(PublicHash64(bytes) >> 32);
}

template <class T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

std::string FileHead() {
  std::string head(kMagic);
  PutFixed(kVersion, &head);
  return head;
}

void AppendFrame(std::string_view payload, std::string* out) {
  const auto length = static_cast<uint32_t>(payload.size());
  PutFixed(uint64_t{CheckLength(length)} << 32 | length, out);
  PutFixed(PublicHash64(payload), out);
  out->append(payload);
}

bool FrameReader::Fill(size_t size) {
  if (left() >= size) return true;
  buffer_.erase(0, at_);
  at_ = 0;
  while (buffer_.size() < size && error_ == 0) {
    const size_t had = buffer_.size();
    buffer_.resize(had + std::max(size - had, kReadBytes));
    const ssize_t got = read(fd_, buffer_.data() + had, buffer_.size() - had);
    if (got < 0 && errno != EINTR) error_ = errno;
    buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) break;
  }
  return buffer_.size() >= size;
}

bool FrameReader::OnlyZerosFollow() {
  do {
    const auto rest = std::string_view(buffer_).substr(at_);
    if (rest.find_first_not_of('\0') != std::string_view::npos) return false;
    at_ = buffer_.size();
  } while (Fill(1));
  return true;
}

FrameEnd FrameReader::ReadHead() {
  at_start_ = false;
  const bool whole = Fill(kHeadBytes);
  const auto head = std::string_view(buffer_).substr(0, kHeadBytes);
  if (!whole) return FileHead().starts_with(head) ? FrameEnd::kTorn : FrameEnd::kForeign;
  if (!head.starts_with(kMagic)) return OnlyZerosFollow() ? FrameEnd::kTorn : FrameEnd::kForeign;
  version_ = Load<uint64_t>(head.data() + kMagic.size());
  if (version_ != kVersion) return FrameEnd::kOtherVersion;
  at_ = next_offset_ = kHeadBytes;
  return FrameEnd::kNone;
}

FrameEnd FrameReader::Next(std::string_view* payload) {
  if (at_start_) {
    const FrameEnd end = ReadHead();
    if (error_ != 0) return FrameEnd::kError;
    if (end != FrameEnd::kNone) return end;
  }
  offset_ = next_offset_;
  if (!Fill(kHeadBytes)) {
    if (error_ != 0) return FrameEnd::kError;
    return left() == 0 ? FrameEnd::kEnd : FrameEnd::kTorn;
  }
  const char* const head = buffer_.data() + at_;
  const auto length = Load<uint32_t>(head);
  if (Load<uint32_t>(head + 4) != CheckLength(length) || length > kMostBytes) {
    return OnlyZerosFollow() ? FrameEnd::kTorn : FrameEnd::kDamaged;
  }
  if (!Fill(kHeadBytes + length)) return error_ != 0 ? FrameEnd::kError : FrameEnd::kTorn;
  const auto checksum = Load<uint64_t>(buffer_.data() + at_ + 8);
  *payload = std::string_view(buffer_).substr(at_ + kHeadBytes, length);
  if (checksum != PublicHash64(*payload)) return FrameEnd::kDamaged;
  at_ += kHeadBytes + length;
  next_offset_ += kHeadBytes + length;
  return FrameEnd::kNone;
}

}  // namespace weir
