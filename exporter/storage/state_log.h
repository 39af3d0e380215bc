// StateLog: the log that makes what a scrape shows durable before the scrape is answered.
//
// Shards Enlist frames in memory, at a page's slices; Sync writes all that was enlisted and makes
// it durable, once for several pages that wait. Frames stand in the file in the order in which each
// shard enlisted them.
//
// When that fails (the disk is full), a page that is shown all the same must not be followed by
// smaller counters after a crash: everything stored is removed, which needs no room and makes some.
// From then on nothing is durable until a snapshot of everything is in place.
//
// Thread safety: any thread. The mutexes that shards and report take are never held over a system
// call, so a disk that does not answer stops neither.
// Tested by tests/unit/exporter/storage/storage_{,damage_}test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "common/scoped_fd.h"
#include "exporter/storage/directory.h"
#include "exporter/storage/storage_report.h"

namespace weir {

class StateLog {
 public:
  // `directory` outlives it.
  StateLog(Directory* directory, uint64_t run) : directory_(directory), run_(run) {}

  // Begins log.`number`, before anything is enlisted. What is stored so far, and nothing else, was
  // restored in this run. REQUIRES: number > 0, and that of no file.
  void Begin(uint64_t number);

  // On a shard's thread.
  void Enlist(std::string frame);

  // Makes all that was enlisted before durable. False when it is not.
  bool Sync();

  // For a snapshot: a state of which every part is taken after this call and before Complete makes
  // up for all that earlier logs say. Begins a new file, if the present one is not good for that.
  // 0, and its number, or errno.
  int BeginSnapshot(uint64_t* number);
  // Puts the unfinished snapshot, which is written and synced, in its place, and removes what is
  // older. 0 or errno; ECANCELED when the log failed meanwhile.
  int CompleteSnapshot(uint64_t number);

  LogReport report() const;

 private:
  // All with io_mutex_.
  void Tell();
  int BeginFile(uint64_t number);
  bool IsGone() const;
  int Append(const std::vector<std::string>& frames);
  void Fail(int error);

  Directory* const directory_;
  const uint64_t run_;

  std::mutex pending_mutex_;
  std::vector<std::string> pending_;  // one text would be moved as it grows, on a shard's time

  std::mutex io_mutex_;
  ScopedFd file_;                // not valid: nothing is logged
  uint64_t number_ = 0;          // of the last file begun
  uint64_t snapshot_ = 0;        // the number of the last one in place
  bool whole_ = false;           // all that is missing in the log is in files that are there
  uint64_t begun_failures_ = 0;  // as of the last BeginSnapshot
  LogReport report_;

  mutable std::mutex told_mutex_;
  LogReport told_;  // report_ as of the last Tell
};

}  // namespace weir
