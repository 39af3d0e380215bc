#include "exporter/storage/frame.h"

#include <sys/mman.h>
#include <unistd.h>

#include <limits>
#include <vector>

#include "common/scoped_fd.h"
#include "exporter/storage/bytes.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

ScopedFd FileOf(std::string_view bytes) {
  ScopedFd file(memfd_create("frames", MFD_CLOEXEC));
  REQUIRE(file.valid());
  REQUIRE(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  REQUIRE(lseek(file.get(), 0, SEEK_SET) == 0);
  return file;
}

struct Found {
  std::vector<std::string> payloads;
  FrameEnd end;
};

Found Read(std::string_view bytes) {
  const ScopedFd file = FileOf(bytes);
  FrameReader reader(file.get());
  Found found;
  std::string_view payload;
  while ((found.end = reader.Next(&payload)) == FrameEnd::kNone) {
    found.payloads.emplace_back(payload);
  }
  return found;
}

std::string Sample() {
  std::string bytes = FileHead();
  AppendFrame("first", &bytes);
  AppendFrame("", &bytes);
  AppendFrame(std::string(300, 'x'), &bytes);
  return bytes;
}

TEST_CASE("numbers and texts are read as they were written", "[storage]") {
  std::string bytes;
  const std::vector<uint64_t> numbers = {0, 1, 127, 128, 300, UINT64_MAX};
  const std::vector<int64_t> signs = {0, -1, 1, INT64_MIN, INT64_MAX};
  for (const uint64_t number : numbers) PutVarint(number, &bytes);
  for (const int64_t number : signs) PutSigned(number, &bytes);
  PutDouble(-0.1, &bytes);
  PutText("text", &bytes);
  ByteReader reader(bytes);
  for (const uint64_t number : numbers) CHECK(reader.Varint() == number);
  for (const int64_t number : signs) CHECK(reader.Signed() == number);
  CHECK(reader.Double() == -0.1);
  CHECK(reader.Text() == "text");
  CHECK(reader.done());
  CHECK(reader.ok());
}

TEST_CASE("nothing is read beyond the end", "[storage]") {
  std::string bytes;
  PutVarint(1000, &bytes);
  bytes += "short";
  CHECK(ByteReader(bytes).Text().empty());
  ByteReader reader("\x80");
  CHECK(reader.Varint() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(ByteReader("abc").Fixed() == 0);
  const std::string endless(20, '\xFF');
  ByteReader of_endless(endless);
  of_endless.Varint();
  CHECK_FALSE(of_endless.ok());
}

TEST_CASE("frames are read as they were written", "[storage]") {
  const Found found = Read(Sample());
  CHECK(found.payloads == std::vector<std::string>{"first", "", std::string(300, 'x')});
  CHECK(found.end == FrameEnd::kEnd);
}

TEST_CASE("frames larger than what is read at once are read too", "[storage]") {
  std::string bytes = FileHead();
  for (int i = 0; i < 5; ++i) AppendFrame(std::string(700'000, static_cast<char>('a' + i)), &bytes);
  const Found found = Read(bytes);
  REQUIRE(found.payloads.size() == 5);
  CHECK(found.payloads[4] == std::string(700'000, 'e'));
  CHECK(found.end == FrameEnd::kEnd);
}

TEST_CASE("a file that ends early gives the frames before, wherever it ends", "[storage]") {
  const std::string whole = Sample();
  const std::vector<size_t> ends = {16, 16 + 21, 16 + 21 + 16, whole.size()};
  for (size_t size = 0; size < whole.size(); ++size) {
    const Found found = Read(whole.substr(0, size));
    size_t frames = 0;
    while (ends[frames + 1] <= size) ++frames;
    CAPTURE(size);
    REQUIRE(found.payloads.size() == frames);
    REQUIRE(found.end == (size == ends[frames] ? FrameEnd::kEnd : FrameEnd::kTorn));
    // As after a power failure.
    const Found padded = Read(whole.substr(0, ends[frames]) + std::string(100, '\0'));
    REQUIRE(padded.payloads.size() == frames);
    REQUIRE(padded.end == FrameEnd::kTorn);
  }
}

TEST_CASE("no flipped bit goes unnoticed", "[storage]") {
  const std::string whole = Sample();
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Found found = Read(flipped);
    CAPTURE(bit);
    REQUIRE(found.end != FrameEnd::kEnd);
    const Found good = Read(whole);
    for (size_t i = 0; i < found.payloads.size(); ++i) {
      REQUIRE(found.payloads[i] == good.payloads[i]);
    }
  }
}

TEST_CASE("files of others and of other versions are told apart", "[storage]") {
  CHECK(Read("# a text file of somebody else's\n").end == FrameEnd::kForeign);
  CHECK(Read("short").end == FrameEnd::kForeign);
  CHECK(Read("").end == FrameEnd::kTorn);
  std::string other = Sample();
  other[8] = 2;
  const ScopedFd file = FileOf(other);
  FrameReader reader(file.get());
  std::string_view payload;
  CHECK(reader.Next(&payload) == FrameEnd::kOtherVersion);
  CHECK(reader.version() == 2);
}

TEST_CASE("a file that can not be read is no empty one", "[storage]") {
  FrameReader reader(-1);
  std::string_view payload;
  CHECK(reader.Next(&payload) == FrameEnd::kError);
}

}  // namespace
}  // namespace weir
