// StoredShards: running shards without sockets over a Storage, as often as a test starts them anew;
// and what tests ask of the files.
#pragma once

#include <fcntl.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "common/on_all.h"
#include "exporter/scrape.h"
#include "exporter/shard.h"
#include "exporter/storage/storage.h"
#include "mapping/mapper.h"
#include "tests/support/catch.h"
#include "tests/support/page.h"

namespace weir {

class StoredShards {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  // An empty path: nothing is stored.
  explicit StoredShards(const std::string& path, uint32_t count = 1,
                        std::shared_ptr<const Mapper> rules = nullptr)
      : mapper(rules ? std::move(rules) : std::make_shared<const Mapper>()), exchange_(count) {
    static const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    ConfigureLog({.fd = nowhere});
    for (uint32_t id = 0; id < count; ++id) {
      shards_.push_back(std::make_unique<Shard>(ShardOptions{}, id, &exchange_, clock));
      shards_.back()->SetMapper(mapper);
    }
    if (!path.empty()) {
      auto opened = Storage::Open({.path = path, .interval = std::chrono::hours(1)});
      if (!opened) FAIL(opened.error().message);
      storage = std::move(*opened);
      storage->Restore(shards(), *mapper);
      storage->Start(shards());
    }
    for (const auto& shard : shards_) shard->Start();
  }

  ~StoredShards() {
    Stop();
    ConfigureLog({});
  }

  // In good order; once.
  void Stop() {
    if (storage) storage->Finish();
    storage.reset();
    for (const auto& shard : shards_) shard->Stop();
  }

  std::vector<Shard*> shards() const {
    std::vector<Shard*> all;
    for (const auto& shard : shards_) all.push_back(shard.get());
    return all;
  }

  void Send(const std::string& datagram) {
    REQUIRE(OnAll(std::vector{shards_[0].get()}, kPatience, [&](Shard& shard) {
      shard.ingest().OnDatagram(datagram, Transport::kUdp);
      shard.ingest().OnBatchEnd();
    }));
    for (int round = 0; round < 2; ++round) {
      REQUIRE(OnAll(shards_, kPatience, [](Shard& shard) { shard.DrainExchange(); }));
    }
  }

  // The page without HELP; durable before it is returned.
  std::string Page() {
    std::string page;
    const auto write = [&](std::string_view piece) {
      page += piece;
      return true;
    };
    const auto settle = [&] {
      if (storage) durable = storage->Sync();
    };
    REQUIRE(WritePage(shards(), {}, Format::kText, {}, write, settle) == ScrapeEnd::kWhole);
    return WithoutHelp(page);
  }

  // Until the shards have seen that time has passed.
  void Advance(int64_t nanos) {
    clock.Advance(nanos);
    for (const auto& shard : shards_) {
      while (shard->last_turn() != clock.NowNanos()) {
        REQUIRE(OnAll(std::vector{shard.get()}, kPatience, [](Shard&) {}));
      }
    }
  }

  // Until the first snapshot of this run is in place.
  void AwaitSnapshot() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (storage->report().snapshots == 0) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      std::this_thread::yield();
    }
  }

  FakeClock clock;
  const std::shared_ptr<const Mapper> mapper;
  std::unique_ptr<Storage> storage;
  bool durable = false;  // as of the last page

 private:
  Exchange exchange_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

inline std::string BytesOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void WriteBytes(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

// What a crash would leave: a copy of the files as they are.
inline std::string CrashCopy(const std::string& path, const std::string& to) {
  std::filesystem::create_directory(to);
  for (const auto& file : std::filesystem::directory_iterator(path)) {
    std::error_code gone;  // a snapshot that is renamed meanwhile
    std::filesystem::copy_file(file.path(), to / file.path().filename(), gone);
  }
  return to;
}

// The files of a kind in byte order of their names: "log.", "snapshot.".
inline std::vector<std::filesystem::path> FilesOf(const std::string& path,
                                                  std::string_view prefix) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(path)) {
    if (file.path().filename().string().starts_with(prefix)) files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace weir
