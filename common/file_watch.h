// FileWatch: calls back when files that an operator configured have changed.
//
// A path is a file; a directory, which stands for the files in it that end in .yml, .yaml or .conf
// and do not begin with a dot; or a pattern: with `*`, `?` or `[...]` in its last part it stands
// for the files that match (a leading dot only by a dot). A change is: a file written and closed;
// another one renamed or linked over it; a symbolic link anywhere on the way to it pointing
// elsewhere (Kubernetes swaps
// `..data`); a file or directory that was missing and comes; one of a directory's files coming or
// going, or one that matches a pattern. What happens to other names in the same directories is no
// change, nor is a file that only went.
//
// Changes are told once per burst: when it was quiet for 100 ms, after a second at the latest, and
// not while one of the paths leads nowhere, because there would be nothing to load.
//
// Watches, with one inotify instance, the directories and not the files, except for a file that is
// itself a mount point. Construct it before reading the files: every change from then on is told.
//
// Threads: the loop's. Lifetimes: the loop outlives it; `on_change` must not destroy it.
// Tested by tests/unit/common/file_watch_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/event_loop.h"
#include "common/scoped_fd.h"

namespace weir {

class FileWatch {
 public:
  static constexpr std::chrono::milliseconds kQuiet{100};

  // `quiet` is other than kQuiet in tests, which have no time.
  FileWatch(EventLoop& loop, std::vector<std::string> paths, std::function<void()> on_change,
            std::chrono::milliseconds quiet = kQuiet);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // What is not seen of the paths as they are now, one line for the operator each: single files
  // that are mount points (a replaced one is not seen, only one rewritten in place), directories
  // that the kernel does not let us watch. To be said once, after construction.
  std::vector<std::string> Unwatchable() const;

 private:
  // What matters in a directory.
  struct Interest {
    std::set<std::string> names;
    std::set<std::string> patterns;
    bool all_files = false;     // of those that end as above
    bool mounted_file = false;  // this is no directory but a file

    bool Covers(std::string_view name) const;
    uint32_t Mask() const;
    friend bool operator==(const Interest&, const Interest&) = default;
  };
  using Interests = std::map<std::string, Interest>;  // by path without links

  // Where all the paths lead, now.
  struct Survey {
    Interests interests;
    std::vector<std::string> mounted_files;  // as configured
    bool complete = true;                    // each led somewhere

    friend bool operator==(const Survey&, const Survey&) = default;
  };
  class Surveyor;

  Survey Look() const;
  // Watches what there is to watch now.
  void Arm();
  void Watch(const Interests& interests);
  void OnReadable();
  bool Matters(int descriptor, uint32_t mask, std::string_view name) const;
  void OnHint();
  void OnQuiet();

  const EventLoop& loop_;
  const std::vector<std::string> paths_;
  const std::function<void()> on_change_;
  const ScopedFd inotify_;
  const int inotify_error_;  // errno of inotify_init, or zero
  Survey survey_;
  std::map<int, std::string> watched_;    // inotify's watch descriptor -> key of interests
  std::map<std::string, int> unwatched_;  // key of interests -> errno
  int64_t first_hint_ = 0;                // of the burst; its time while quiet_ runs
  std::optional<FdWatcher> readable_;
  Timer quiet_;
};

}  // namespace weir
