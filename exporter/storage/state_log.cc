#include "exporter/storage/state_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/log.h"
#include "exporter/storage/frame.h"
#include "exporter/storage/state_writer.h"

namespace weir {

void StateLog::Begin(uint64_t number) {
  const std::lock_guard lock(io_mutex_);
  number_ = number - 1;
  const int error = BeginFile(number);
  report_.durable = whole_ = error == 0;
  if (error != 0) Fail(error);
  Tell();
}

int StateLog::BeginFile(uint64_t number) {
  const std::string name = Directory::NameOf(FileKind::kLog, number);
  ScopedFd file = directory_->Create(name);
  if (!file.valid()) return errno;
  const std::string head = FileHead() + OriginFrame(FileKind::kLog, run_, number);
  int error = WriteAll(file.get(), head);
  if (error == 0 && fdatasync(file.get()) != 0) error = errno;
  if (error == 0) error = directory_->Sync();
  if (error != 0) {
    directory_->Remove(name);
    return error;
  }
  file_ = std::move(file);
  number_ = number;
  report_.bytes = head.size();
  return 0;
}

void StateLog::Enlist(std::string frame) {
  const std::lock_guard lock(pending_mutex_);
  pending_.push_back(std::move(frame));
}

int StateLog::Append(const std::vector<std::string>& frames) {
  if (frames.empty()) return 0;
  for (const std::string& frame : frames) {
    const int error = WriteAll(file_.get(), frame);
    if (error != 0) return error;
    report_.bytes += frame.size();
  }
  return fdatasync(file_.get()) == 0 ? 0 : errno;
}

// A file that was removed takes what is written, and is not there after a crash.
bool StateLog::IsGone() const {
  struct stat status;
  return fstat(file_.get(), &status) == 0 && status.st_nlink == 0;
}

bool StateLog::Sync() {
  const auto begin = std::chrono::steady_clock::now();
  const std::lock_guard lock(io_mutex_);
  std::vector<std::string> pending;
  {
    const std::lock_guard pending_lock(pending_mutex_);
    pending.swap(pending_);
  }
  if (file_.valid()) {
    const int error = IsGone() ? ENOENT : Append(pending);
    if (error != 0) Fail(error);
  }
  ++report_.syncs;
  report_.sync_seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  report_.durable = file_.valid() && whole_;
  Tell();
  return report_.durable;
}

void StateLog::Fail(int error) {
  file_ = ScopedFd();
  whole_ = false;
  ++report_.failures;
  LogError("Pages are not durable: what was stored is removed, after a crash counters begin at 0",
           {{"path", directory_->path()}, {"error", std::strerror(error)}});
  const int removal = directory_->RemoveAll();
  if (removal == 0) return;
  LogError("What is stored could not be removed: remove it before the next start",
           {{"path", directory_->path()}, {"error", std::strerror(removal)}});
}

int StateLog::BeginSnapshot(uint64_t* number) {
  const std::lock_guard lock(io_mutex_);
  begun_failures_ = report_.failures;
  // Without a new file, the old one, if there is one, is as good as it was.
  const bool fresh = file_.valid() && number_ > snapshot_;
  const int error = fresh ? 0 : BeginFile(number_ + 1);
  *number = number_;
  Tell();
  return error;
}

int StateLog::CompleteSnapshot(uint64_t number) {
  const std::lock_guard lock(io_mutex_);
  if (report_.failures != begun_failures_) return ECANCELED;
  int error =
      directory_->Rename(kUnfinishedSnapshot, Directory::NameOf(FileKind::kSnapshot, number));
  if (error == 0) error = directory_->Sync();
  if (error != 0) return error;
  snapshot_ = number;
  directory_->RemoveBefore(number);
  if (!whole_) {
    LogInfo("Pages are durable again", {{"path", directory_->path()}});
  }
  whole_ = report_.durable = true;
  Tell();
  return 0;
}

void StateLog::Tell() {
  const std::lock_guard lock(told_mutex_);
  told_ = report_;
}

LogReport StateLog::report() const {
  const std::lock_guard lock(told_mutex_);
  return told_;
}

}  // namespace weir
