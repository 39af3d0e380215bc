#include "exporter/storage/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace weir {
namespace {

Error About(const std::string& path, int error, std::string_view what_to_do) {
  return {path + ": " + std::strerror(error) + "; " + std::string(what_to_do)};
}

std::string_view Prefix(FileKind kind) {
  return kind == FileKind::kSnapshot ? "snapshot." : "log.";
}

std::optional<uint64_t> NumberOf(FileKind kind, std::string_view name) {
  const std::string_view prefix = Prefix(kind);
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  uint64_t number;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  // The last numbers of all would leave no next one.
  const bool whole = error == std::errc() && end == name.data() + name.size();
  if (!whole || number > std::numeric_limits<uint64_t>::max() / 2) return std::nullopt;
  return number;
}

}  // namespace

Result<std::unique_ptr<Directory>> Directory::Open(const std::string& path) {
  constexpr std::string_view kGiveOne = "give a directory that weir-exporter may write to";
  if (mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return About(path, errno, kGiveOne);
  ScopedFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return About(path, errno, kGiveOne);
  if (faccessat(fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return About(path, errno, kGiveOne);
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return About(path, errno, "give one on a file system with locks");
    return Error{path + ": another process has this directory; each needs its own"};
  }
  return std::unique_ptr<Directory>(new Directory(path, std::move(fd)));
}

std::string Directory::NameOf(FileKind kind, uint64_t number) {
  return std::string(Prefix(kind)) + std::to_string(number);
}

std::optional<std::vector<uint64_t>> Directory::Numbers(FileKind kind) const {
  ScopedFd fd(openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const directory = fd.valid() ? fdopendir(fd.get()) : nullptr;
  if (directory == nullptr) return std::nullopt;
  std::ignore = fd.release();  // closedir closes it
  std::vector<uint64_t> numbers;
  errno = 0;
  while (const dirent* entry = readdir(directory)) {
    if (const auto number = NumberOf(kind, entry->d_name)) numbers.push_back(*number);
  }
  const int error = errno;
  closedir(directory);
  errno = error;
  if (error != 0) return std::nullopt;
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

ScopedFd Directory::OpenFile(const std::string& name) const {
  return ScopedFd(openat(fd_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

ScopedFd Directory::Create(const std::string& name) const {
  unlinkat(fd_.get(), name.c_str(), 0);
  return ScopedFd(
      openat(fd_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
}

int Directory::Rename(const std::string& from, const std::string& to) const {
  return renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) == 0 ? 0 : errno;
}

int Directory::Remove(const std::string& name) const {
  return unlinkat(fd_.get(), name.c_str(), 0) == 0 || errno == ENOENT ? 0 : errno;
}

void Directory::RemoveBefore(uint64_t number) const {
  Remove(kUnfinishedSnapshot);
  for (const FileKind kind : {FileKind::kSnapshot, FileKind::kLog}) {
    // What can not be listed stays until the next snapshot.
    for (const uint64_t old : Numbers(kind).value_or(std::vector<uint64_t>())) {
      if (old < number) Remove(NameOf(kind, old));
    }
  }
}

int Directory::RemoveAll() const {
  int failed = Remove(kUnfinishedSnapshot);
  for (const FileKind kind : {FileKind::kSnapshot, FileKind::kLog}) {
    const auto numbers = Numbers(kind);
    if (!numbers) {
      failed = errno;
      continue;
    }
    for (const uint64_t number : *numbers) {
      const int error = Remove(NameOf(kind, number));
      if (error != 0) failed = error;
    }
  }
  const int error = Sync();
  return failed != 0 ? failed : error;
}

int Directory::Sync() const { return fsync(fd_.get()) == 0 ? 0 : errno; }

int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace weir
