// Storage: --storage.path: series outlive the process, and no counter that was shown goes back.
//
//   start:     Open reads what is stored, Restore puts it into the tables, Start begins a log
//   a page:    shards enlist what changed, Sync before the page's end
//   interval:  a snapshot of all series on a thread of its own, which makes older files superfluous
//   the end:   Finish, a last snapshot
//
// What can not be read is set aside under another name once the new log has begun; counters that
// may have been shown with more than what is left begin at 0. Sets are not stored, and summaries
// without their quantiles.
//
// Threads: Open to Start and Finish on the main thread; Sync and report on any. Lifetimes: the
// shards outlive the object, or are not used any more once it is gone. Tested by
// tests/unit/exporter/storage/storage_{,damage_}test.cc and tests/integration/test_storage*.py.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/result.h"
#include "exporter/shard.h"
#include "exporter/storage/directory.h"
#include "exporter/storage/journal.h"
#include "exporter/storage/merge.h"
#include "exporter/storage/state_log.h"
#include "exporter/storage/storage_options.h"
#include "exporter/storage/storage_report.h"
#include "exporter/storage/stored_state.h"
#include "mapping/mapper.h"

namespace weir {

class Storage {
 public:
  static Result<std::unique_ptr<Storage>> Open(const StorageOptions& options);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Puts what is stored into the shards. REQUIRES: they have their rules, and do not run.
  void Restore(const std::vector<Shard*>& shards, const Mapper& mapper);
  // Begins to log what pages show of them, and to take snapshots. REQUIRES: they do not run yet.
  void Start(const std::vector<Shard*>& shards);
  // Makes all that slices have shown so far durable; false when that can not be had.
  bool Sync() { return log_.Sync(); }
  // Ends with a snapshot. REQUIRES: the shards run, and nothing is applied any more.
  void Finish();

  StorageReport report() const;

 private:
  Storage(const StorageOptions& options, std::unique_ptr<Directory> directory);

  Result<Done> Read();
  Result<Done> ReadSnapshot(std::vector<uint64_t> snapshots, const std::vector<uint64_t>& logs);
  Result<Done> ReadLogs(uint64_t from, const std::vector<uint64_t>& logs);
  Result<Done> ReadOne(FileKind kind, uint64_t number, FrameEnd* end);
  void SetAside();
  void Run();
  void Snapshot();
  // 0 or errno; the bytes written.
  int WriteFile(uint64_t number, uint64_t* bytes);

  const StorageOptions options_;
  const std::unique_ptr<Directory> directory_;
  const uint64_t run_;
  uint64_t last_number_ = 0;                                     // of the files there are
  std::unique_ptr<StoredState> state_;                           // until it is restored
  std::vector<std::pair<std::string, std::string>> unreadable_;  // files, and why
  StateLog log_;
  std::vector<std::unique_ptr<Journal>> journals_;
  std::vector<Shard*> shards_;

  mutable std::mutex mutex_;
  std::condition_variable ending_now_;
  bool ending_ = false;
  StorageReport report_;  // without log
  std::thread thread_;
};

}  // namespace weir
