// Storage: files that are torn, damaged, foreign or missing, and disks without room.
#include <sys/resource.h>

#include "exporter/storage/storage.h"
#include "tests/support/socket_client.h"
#include "tests/support/stored_shards.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a log that ends early at any byte gives what came before", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  StoredShards first(path);
  first.AwaitSnapshot();
  const fs::path log = FilesOf(path, "log.").front();
  std::vector<std::pair<size_t, int>> shown = {{0, 0}};  // size of the log, value
  for (int value = 1; value <= 3; ++value) {
    first.Send("c:1|c\nother" + std::to_string(value) + ":1|c");
    first.Page();
    shown.emplace_back(fs::file_size(log), value);
  }
  const std::string crashed = CrashCopy(path, directory / "crash");
  first.Stop();
  const std::string whole = BytesOf(fs::path(crashed) / log.filename());
  for (size_t size = 0; size <= whole.size(); size += 3) {
    const std::string torn = directory / ("torn" + std::to_string(size));
    CrashCopy(crashed, torn);
    WriteBytes(fs::path(torn) / log.filename(), whole.substr(0, size));
    int wanted = 0;
    for (const auto& [end, value] : shown) wanted = end <= size ? value : wanted;
    StoredShards second(torn);
    CAPTURE(size);
    REQUIRE(ValueOf(second.Page(), "c").value_or("0") == std::to_string(wanted));
    REQUIRE(second.storage->report().set_aside == 0);
    second.Stop();
    fs::remove_all(torn);
  }
}

TEST_CASE("with a flipped bit no counter goes back a little", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  {
    StoredShards earlier(path);
    earlier.Send("c:5|c\ng:4|g");
  }
  StoredShards first(path);
  first.AwaitSnapshot();
  for (int value = 1; value <= 3; ++value) {
    first.Send("c:1|c");
    first.Page();
  }
  const std::string crashed = CrashCopy(path, directory / "crash");
  first.Stop();
  const std::string name = FilesOf(crashed, "log.").front().filename();
  const std::string whole = BytesOf(fs::path(crashed) / name);
  for (size_t byte = 0; byte < whole.size(); byte += 2) {
    const std::string bad = directory / "bad";
    CrashCopy(crashed, bad);
    std::string flipped = whole;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << byte % 8));
    WriteBytes(fs::path(bad) / name, flipped);
    StoredShards second(bad);
    const std::string page = second.Page();
    CAPTURE(byte);
    REQUIRE(ValueOf(page, "c").value_or("0") == "0");
    REQUIRE(ValueOf(page, "g") == "4");
    REQUIRE(second.storage->report().set_aside == 1);
    REQUIRE(fs::exists(fs::path(bad) / (name + ".set-aside")));
    second.Stop();
    fs::remove_all(bad);
  }
}

TEST_CASE("files of others and of other versions are set aside", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  {
    StoredShards shards(path);
    shards.Send("c:5|c");
  }
  WriteBytes(path + "/snapshot.900", "a file of somebody else's");
  WriteBytes(path + "/log.901", FileHead().replace(8, 1, "\x09"));
  WriteBytes(path + "/notes.txt", "not looked at");
  StoredShards shards(path);
  // The log of another version might have told of more.
  CHECK(ValueOf(shards.Page(), "c").value_or("0") == "0");
  CHECK(shards.storage->report().set_aside == 2);
  CHECK(fs::exists(path + "/snapshot.900.set-aside"));
  CHECK(fs::exists(path + "/log.901.set-aside"));
  CHECK(BytesOf(path + "/notes.txt") == "not looked at");
}

TEST_CASE("damage is found again after a start that failed before its log began", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  {
    StoredShards earlier(path);
    earlier.Send("c:5|c\ng:4|g");
  }
  // As a crash leaves it before the first snapshot of a run.
  const std::string crashed = CrashCopy(path, directory / "crash");
  StoredShards first(path);
  first.AwaitSnapshot();
  first.Send("c:1|c");
  first.Page();
  const fs::path log = FilesOf(path, "log.").front();
  std::string bytes = BytesOf(log);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const fs::path damaged = fs::path(crashed) / log.filename();
  WriteBytes(damaged, bytes);

  REQUIRE(Storage::Open({.path = crashed}).has_value());
  CHECK(fs::exists(damaged));
  StoredShards second(crashed);
  CHECK_FALSE(ValueOf(second.Page(), "c").has_value());
  CHECK(ValueOf(second.Page(), "g") == "4");
  CHECK(second.storage->report().set_aside == 1);
  CHECK(fs::exists(damaged.string() + ".set-aside"));
}

TEST_CASE("a log that is missing between others is a loss", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  {
    StoredShards shards(path);
    shards.Send("c:5|c\ng:3|g");
  }
  for (const fs::path& log : FilesOf(path, "log.")) fs::remove(log);
  StoredShards shards(path);
  CHECK_FALSE(ValueOf(shards.Page(), "c").has_value());
  CHECK(ValueOf(shards.Page(), "g") == "3");
  CHECK(shards.storage->report().restored.left_out.at("damaged") == 1);
}

// Files of this process may not grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(uint64_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_CASE("without room pages are shown, and after a crash counters begin at 0", "[storage]") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state";
  StoredShards first(path);
  first.AwaitSnapshot();
  first.Send("c:1000|c");
  first.Page();
  CHECK(first.durable);
  {
    const FileSizeLimit limit(0);
    first.Send("c:20|c");
    CHECK(ValueOf(first.Page(), "c") == "1020");
    CHECK_FALSE(first.durable);
    CHECK_FALSE(first.storage->report().log.durable);
    CHECK(first.storage->report().log.failures == 1);
    const std::string crashed = CrashCopy(path, directory / "crash");
    CHECK(fs::is_empty(crashed));
    first.Send("c:1|c");
    CHECK(ValueOf(first.Page(), "c") == "1021");
  }
  CHECK_FALSE((first.Page(), first.durable));
  // With room again, the next snapshot has it all.
  first.Stop();
  StoredShards second(path);
  CHECK(ValueOf(second.Page(), "c") == "1021");
  CHECK(second.durable);
}

}  // namespace
}  // namespace weir
