#include "exporter/storage/storage.h"

#include <pthread.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/log.h"
#include "common/wait_clock.h"
#include "exporter/storage/snapshot.h"

namespace weir {
namespace {

uint64_t Random() {
  uint64_t number;
  WEIR_CHECK(getrandom(&number, sizeof number, 0) == sizeof number);
  return number;
}

double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string Why(FrameEnd end, const StoredState& state) {
  switch (end) {
    case FrameEnd::kForeign:
      return "it is no file of weir-exporter's";
    case FrameEnd::kOtherVersion:
      return "it is of version " + std::to_string(state.version()) + ", which is not known here";
    case FrameEnd::kTorn:
      return "it ends early, after byte " + std::to_string(state.offset());
    default:
      return "it is damaged at byte " + std::to_string(state.offset());
  }
}

}  // namespace

Storage::Storage(const StorageOptions& options, std::unique_ptr<Directory> directory)
    : options_(options),
      directory_(std::move(directory)),
      run_(Random()),
      state_(std::make_unique<StoredState>()),
      log_(directory_.get(), run_) {}

Storage::~Storage() {
  if (thread_.joinable()) Finish();
}

Result<std::unique_ptr<Storage>> Storage::Open(const StorageOptions& options) {
  // A file that may not grow is an error like a full disk, and no reason to die.
  signal(SIGXFSZ, SIG_IGN);
  auto directory = Directory::Open(options.path);
  if (!directory) return directory.error();
  std::unique_ptr<Storage> storage(new Storage(options, std::move(*directory)));
  if (const Result<Done> read = storage->Read(); !read) return read.error();
  return storage;
}

Result<Done> Storage::Read() {
  const auto snapshots = directory_->Numbers(FileKind::kSnapshot);
  const auto logs = snapshots ? directory_->Numbers(FileKind::kLog) : std::nullopt;
  if (!logs) return Error{directory_->path() + ": cannot be listed: " + std::strerror(errno)};
  for (const auto* numbers : {&*snapshots, &*logs}) {
    if (!numbers->empty()) last_number_ = std::max(last_number_, numbers->back());
  }
  return ReadSnapshot(*snapshots, *logs);
}

// The latest snapshot that is ours, then the logs from its number on.
Result<Done> Storage::ReadSnapshot(std::vector<uint64_t> snapshots,
                                   const std::vector<uint64_t>& logs) {
  for (; !snapshots.empty(); snapshots.pop_back()) {
    FrameEnd end;
    const auto read = ReadOne(FileKind::kSnapshot, snapshots.back(), &end);
    if (!read) return read;
    if (end != FrameEnd::kForeign && end != FrameEnd::kOtherVersion) {
      return ReadLogs(snapshots.back(), logs);
    }
  }
  return logs.empty() ? Done{} : ReadLogs(logs.front(), logs);
}

Result<Done> Storage::ReadLogs(uint64_t from, const std::vector<uint64_t>& logs) {
  uint64_t next = from;
  for (const uint64_t number : logs) {
    if (number < from) continue;
    if (number != next) state_->Distrust();
    FrameEnd end;
    const auto read = ReadOne(FileKind::kLog, number, &end);
    if (!read) return read;
    // One that ends early ends where the last scrape did, or in what no scrape has waited for.
    if (end != FrameEnd::kEnd && end != FrameEnd::kTorn) state_->Distrust();
    next = number + 1;
  }
  if (next == from) state_->Distrust();
  return Done{};
}

Result<Done> Storage::ReadOne(FileKind kind, uint64_t number, FrameEnd* end) {
  const std::string name = Directory::NameOf(kind, number);
  const ScopedFd file = directory_->OpenFile(name);
  *end = file.valid() ? state_->Read(file.get(), kind) : FrameEnd::kError;
  if (*end == FrameEnd::kError) {
    return Error{directory_->path() + "/" + name + ": " + std::strerror(errno) +
                 "; make it readable, or move it away to do without it"};
  }
  if (*end == FrameEnd::kEnd) return Done{};
  if (*end == FrameEnd::kTorn && kind == FileKind::kLog) {
    LogInfo("A log ends early, as after a crash; what is whole is taken",
            {{"file", name}, {"byte", state_->offset()}});
    return Done{};
  }
  unreadable_.emplace_back(name, Why(*end, *state_));
  return Done{};
}

// REQUIRES: a log has begun that follows them. Without one the next start would find neither them
// nor a gap, and trust what they may have told a later value of.
void Storage::SetAside() {
  for (const auto& [name, why] : unreadable_) {
    const std::string aside = name + ".set-aside";
    const std::string file = directory_->path() + "/" + name;
    if (const int error = directory_->Rename(name, aside); error != 0) {
      LogError("A stored file could not be set aside",
               {{"file", file}, {"why", why}, {"error", std::strerror(error)}});
      continue;
    }
    LogError("A stored file was set aside; what may have been lost with it begins anew",
             {{"file", file}, {"why", why}, {"now", aside}});
    ++report_.set_aside;
  }
}

void Storage::Restore(const std::vector<Shard*>& shards, const Mapper& mapper) {
  const std::unique_ptr<StoredState> state = std::move(state_);
  if (state->written_wall() == 0) return;
  report_.restored_age =
      std::max(WallSeconds() - static_cast<double>(state->written_wall()) * 1e-9, 0.0);
  report_.restored = MergeState(*state, mapper, shards);
  LogInfo("Restored",
          {{"series", report_.restored.merged},
           {"age", std::chrono::milliseconds(static_cast<int64_t>(report_.restored_age * 1e3))}});
  for (const auto& [why, count] : report_.restored.left_out) {
    LogInfo("Stored series were left out", {{"why", why}, {"series", count}});
  }
}

void Storage::Start(const std::vector<Shard*>& shards) {
  shards_ = shards;
  log_.Begin(last_number_ + 1);
  if (log_.report().durable) SetAside();  // otherwise all was removed
  for (size_t id = 0; id < shards_.size(); ++id) {
    journals_.push_back(std::make_unique<Journal>(
        static_cast<uint8_t>(id), [this](std::string frame) { log_.Enlist(std::move(frame)); }));
    shards_[id]->table().SetWitness(journals_.back().get(), shards_[id]->now());
  }
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "storage");
}

void Storage::Run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    Snapshot();
    log_.Sync();  // what pages left behind whose readers went away
    lock.lock();
    ending_now_.wait_until(lock, WaitClock::now() + options_.interval, [this] { return ending_; });
  }
}

void Storage::Finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ending_now_.notify_one();
  thread_.join();
  Snapshot();
}

void Storage::Snapshot() {
  const auto begin = std::chrono::steady_clock::now();
  uint64_t number, bytes = 0;
  int error = log_.BeginSnapshot(&number);
  if (error == 0) error = WriteFile(number, &bytes);
  if (error == 0) error = log_.CompleteSnapshot(number);
  if (error != 0) {
    directory_->Remove(kUnfinishedSnapshot);
    LogError("No snapshot was stored",
             {{"path", directory_->path()}, {"error", std::strerror(error)}});
  }
  const std::lock_guard lock(mutex_);
  ++(error == 0 ? report_.snapshots : report_.failed_snapshots);
  if (error != 0) return;
  report_.snapshot_bytes = bytes;
  report_.snapshot_wall = WallSeconds();
  LogDebug("Stored a snapshot",
           {{"bytes", bytes}, {"took", std::chrono::steady_clock::now() - begin}});
}

int Storage::WriteFile(uint64_t number, uint64_t* bytes) {
  const ScopedFd file = directory_->Create(kUnfinishedSnapshot);
  if (!file.valid()) return errno;
  int error = 0;
  const SnapshotEnd end = WriteSnapshot(shards_, run_, number, {}, [&](std::string_view part) {
    error = WriteAll(file.get(), part);
    *bytes += part.size();
    return error == 0;
  });
  if (error != 0) return error;
  if (end != SnapshotEnd::kWhole) return ETIMEDOUT;
  return fsync(file.get()) == 0 ? 0 : errno;
}

StorageReport Storage::report() const {
  StorageReport report;
  {
    const std::lock_guard lock(mutex_);
    report = report_;
  }
  report.log = log_.report();
  return report;
}

}  // namespace weir
