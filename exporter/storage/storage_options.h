// StorageOptions: what --storage flags say.
#pragma once

#include <chrono>
#include <string>

namespace weir {

struct StorageOptions {
  std::string path;
  // Between snapshots. Shorter: less is lost in a crash of what no page has shown, and more is
  // written. Default 30 s.
  std::chrono::nanoseconds interval = std::chrono::seconds(30);
};

}  // namespace weir
