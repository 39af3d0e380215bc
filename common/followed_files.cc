#include "common/followed_files.h"

#include <utility>

#include "common/log.h"

namespace weir {

void FollowedFiles::Watch(std::vector<std::string> paths) {
  paths_ = std::move(paths);
  watch_.emplace(loop_, paths_, on_change_);
  for (const std::string& path : watch_->Unwatchable()) {
    LogWarn("Some changes will not be seen", {{"of", what_}, {"why", path}});
  }
}

void FollowedFiles::Follow(std::vector<std::string> paths) {
  if (paths == paths_) return;
  // Not here: this may be a call from the watch that goes.
  loop_.Post([this, paths = std::move(paths)] {
    Watch(paths);
    on_change_();
  });
}

}  // namespace weir
