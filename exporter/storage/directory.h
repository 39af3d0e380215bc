// Directory: the files of --storage.path, and that only one process has it.
//
//   snapshot.N  all series; log.N  what scrapes showed since before snapshot.N was begun
//   snapshot.new  a snapshot that is being written; NAME.set-aside  what could not be read
//
// N grows by one; all other names are left alone. The lock is on the directory itself and ends with
// the process. Thread safety: any thread; it is as safe as the system calls. Tested by
// tests/unit/exporter/storage/storage_{,damage_}test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/scoped_fd.h"
#include "exporter/storage/state_frame.h"

namespace weir {

class Directory {
 public:
  // Makes the directory if it is missing (its parent is not), and locks it.
  static Result<std::unique_ptr<Directory>> Open(const std::string& path);

  static std::string NameOf(FileKind kind, uint64_t number);

  // The numbers of the files of a kind, ascending. Nothing: errno says why.
  std::optional<std::vector<uint64_t>> Numbers(FileKind kind) const;
  ScopedFd OpenFile(const std::string& name) const;  // to read
  // A new file, empty; one of the name is replaced. Not valid: errno says why.
  ScopedFd Create(const std::string& name) const;
  // Renames and removes. 0 or errno.
  int Rename(const std::string& from, const std::string& to) const;
  int Remove(const std::string& name) const;
  // Removes snapshots and logs with numbers below `number`, and what is left of an unfinished one.
  void RemoveBefore(uint64_t number) const;
  // Removes every snapshot and log, also one that is being written. 0 or errno.
  int RemoveAll() const;
  // Makes names durable. 0 or errno.
  int Sync() const;

  const std::string& path() const { return path_; }

 private:
  Directory(std::string path, ScopedFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  const std::string path_;
  const ScopedFd fd_;
};

constexpr const char* kUnfinishedSnapshot = "snapshot.new";

// Writes all of it. 0 or errno.
int WriteAll(int fd, std::string_view bytes);

}  // namespace weir
