#include "common/file_watch.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <system_error>
#include <utility>

namespace weir {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int64_t kMostBurst = kNanosPerSecond;
// As the kernel.
constexpr int kMostLinks = 40;
// Rounds until what was seen while looking is what is watched; more only if it changes all the
// time.
constexpr int kMostRounds = 10;

bool IsFileName(std::string_view name) {
  return !name.starts_with('.') &&
         (name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".conf"));
}

bool Matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD | FNM_NOESCAPE) == 0;
}

// Files are bind-mounted one by one by `docker run -v file:file` and Kubernetes' subPath.
bool IsMountPoint(const std::string& path) {
  struct statx status;
  return statx(AT_FDCWD, path.c_str(), 0, 0, &status) == 0 &&
         (status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

// A file that is being created tells of itself when it is closed; until then it is half a file.
bool IsBeingCreated(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

std::string Advice(int error) {
  switch (error) {
    case ENOSPC:
      return " (raise fs.inotify.max_user_watches)";
    case EMFILE:
      return " (raise fs.inotify.max_user_instances or the limit of open files)";
    default:
      return "";
  }
}

}  // namespace

// Follows a path link by link and notes every name on whose change it would lead elsewhere.
class FileWatch::Surveyor {
 public:
  explicit Surveyor(Survey* survey) : survey_(*survey) {}

  void Follow(const std::string& path) {
    const fs::path as_path(path);
    const std::string last = as_path.filename();
    if (last.find_first_of("*?[") != last.npos) return FollowPattern(as_path.parent_path(), last);
    const std::optional<fs::path> end = Walk(path);
    if (!end) {
      survey_.complete = false;
      return;
    }
    std::error_code ignored;
    if (!fs::is_directory(*end, ignored)) return FollowFile(path, *end);
    survey_.interests[*end].all_files = true;
    FollowFiles(*end, IsFileName);
  }

 private:
  void FollowPattern(const fs::path& directory, const std::string& pattern) {
    const std::optional<fs::path> end = Walk(directory.empty() ? "." : directory);
    std::error_code ignored;
    if (!end || !fs::is_directory(*end, ignored)) {
      survey_.complete = false;
      return;
    }
    survey_.interests[*end].patterns.insert(pattern);
    FollowFiles(*end, [&](const std::string& name) { return Matches(pattern, name); });
  }

  template <class Wanted>
  void FollowFiles(const fs::path& directory, const Wanted& wanted) {
    std::error_code ignored;
    for (fs::directory_iterator entry(directory, ignored), none; !ignored && entry != none;
         entry.increment(ignored)) {
      if (!wanted(entry->path().filename().string())) continue;
      if (const auto file = Walk(entry->path())) FollowFile(entry->path(), *file);
    }
  }

  void FollowFile(const std::string& path, const fs::path& end) {
    if (!IsMountPoint(end)) return;
    survey_.interests[end].mounted_file = true;
    survey_.mounted_files.push_back(path);
  }

  // Where `path` leads, without links; nothing when it leads nowhere.
  std::optional<fs::path> Walk(const fs::path& path) {
    std::error_code error;
    fs::path at = "/";
    std::deque<fs::path> rest;
    Prepend(fs::absolute(path, error), &rest);
    for (int links = 0; !rest.empty();) {
      const fs::path name = std::exchange(rest.front(), {});
      rest.pop_front();
      if (name.empty() || name == "." || name == "/") continue;
      if (name == "..") {
        at = at.parent_path();
        continue;
      }
      const fs::path here = at / name;
      const fs::file_status status = fs::symlink_status(here, error);
      if (fs::is_symlink(status)) {
        survey_.interests[at].names.insert(name);
        if (++links > kMostLinks) return std::nullopt;
        const fs::path target = fs::read_symlink(here, error);
        if (target.is_absolute()) at = "/";
        Prepend(target, &rest);
      } else if (fs::is_directory(status)) {
        at = here;
        survey_.interests[at];  // that it stays where it is
      } else {
        survey_.interests[at].names.insert(name);
        if (!fs::exists(status) || !rest.empty()) return std::nullopt;
        at = here;
      }
    }
    return at;
  }

  static void Prepend(const fs::path& path, std::deque<fs::path>* rest) {
    rest->insert(rest->begin(), path.begin(), path.end());
  }

  Survey& survey_;
};

bool FileWatch::Interest::Covers(std::string_view name) const {
  const std::string text(name);
  const auto matches = [&](const std::string& pattern) { return Matches(pattern, text); };
  return names.contains(text) || (all_files && IsFileName(name)) ||
         std::ranges::any_of(patterns, matches);
}

// A directory that only stands on the way wakes nobody for what happens in it.
uint32_t FileWatch::Interest::Mask() const {
  if (mounted_file) return IN_CLOSE_WRITE;
  uint32_t mask = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (all_files || !names.empty() || !patterns.empty()) {
    mask |= IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
  }
  return mask;
}

FileWatch::FileWatch(EventLoop& loop, std::vector<std::string> paths,
                     std::function<void()> on_change, milliseconds quiet)
    : loop_(loop),
      paths_(std::move(paths)),
      on_change_(std::move(on_change)),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      inotify_error_(inotify_.valid() ? 0 : errno),
      quiet_(loop, quiet, milliseconds(0), [this] { OnQuiet(); }) {
  quiet_.Stop();
  if (!inotify_.valid()) return;
  readable_.emplace(loop, inotify_.get(), true, false, [this] { OnReadable(); });
  Arm();
}

FileWatch::Survey FileWatch::Look() const {
  Survey survey;
  Surveyor surveyor(&survey);
  for (const std::string& path : paths_) surveyor.Follow(path);
  return survey;
}

// A link may turn between being read and being watched: so look again until nothing new is seen.
void FileWatch::Arm() {
  survey_ = Look();
  for (int round = 0; round < kMostRounds; ++round) {
    Watch(survey_.interests);
    Survey seen = Look();
    const bool same = seen.interests == survey_.interests;
    survey_ = std::move(seen);
    if (same) return;
  }
}

void FileWatch::Watch(const Interests& interests) {
  std::map<int, std::string> watched;
  unwatched_.clear();
  for (const auto& [path, interest] : interests) {
    const int descriptor = inotify_add_watch(inotify_.get(), path.c_str(), interest.Mask());
    if (descriptor >= 0) {
      watched[descriptor] = path;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      unwatched_[path] = errno;
    }
  }
  for (const auto& [descriptor, path] : watched_) {
    if (!watched.contains(descriptor)) inotify_rm_watch(inotify_.get(), descriptor);
  }
  watched_ = std::move(watched);
}

void FileWatch::OnReadable() {
  alignas(inotify_event) char buffer[16384];
  bool hint = false;
  for (ssize_t size; (size = read(inotify_.get(), buffer, sizeof buffer)) > 0;) {
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      // The kernel fills the name up with zeros.
      const std::string_view name = event->len > 0 ? event->name : "";
      hint = hint || Matters(event->wd, event->mask, name);
      at += sizeof(inotify_event) + event->len;
    }
  }
  if (hint) OnHint();
}

bool FileWatch::Matters(int descriptor, uint32_t mask, std::string_view name) const {
  if (mask & IN_Q_OVERFLOW) return true;
  const auto watched = watched_.find(descriptor);
  if (watched == watched_.end() || (mask & IN_IGNORED)) return false;
  if (mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) return true;
  const auto interest = survey_.interests.find(watched->second);
  if (interest == survey_.interests.end()) return false;
  if (interest->second.mounted_file) return true;
  if (!interest->second.Covers(name)) return false;
  return !(mask & IN_CREATE) || !IsBeingCreated(watched->second + "/" + std::string(name));
}

void FileWatch::OnHint() {
  if (!quiet_.active()) {
    first_hint_ = loop_.NowNanos();
  } else if (loop_.NowNanos() - first_hint_ > kMostBurst) {
    return;
  }
  quiet_.Start();
}

void FileWatch::OnQuiet() {
  Arm();
  if (survey_.complete) on_change_();
}

std::vector<std::string> FileWatch::Unwatchable() const {
  std::vector<std::string> lines;
  if (inotify_error_ != 0) {
    lines.push_back(std::string("no file is watched: inotify: ") + std::strerror(inotify_error_) +
                    Advice(inotify_error_));
  }
  for (const std::string& path : survey_.mounted_files) {
    lines.push_back(path +
                    ": is mounted as a single file: another one put in its place is not seen, only "
                    "rewriting it; mount its directory instead");
  }
  for (const auto& [path, error] : unwatched_) {
    lines.push_back(path + ": is not watched: " + std::strerror(error) + Advice(error));
  }
  return lines;
}

}  // namespace weir
