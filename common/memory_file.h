// MemoryFile: a file without a name, in memory, which its descriptor alone keeps; to be handed to
// another process.
//
// Thread safety: as a descriptor. Tested by tests/unit/common/takeover_link_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/scoped_fd.h"

namespace weir {

// `name` is for who looks into /proc. Not valid when there is no memory for it.
ScopedFd MakeMemoryFile(const char* name);

// Appends; false: no room.
[[nodiscard]] bool AppendTo(int fd, std::string_view bytes);

// All of it from the beginning on; nothing when it can not be read.
std::optional<std::string> ReadWhole(int fd);

}  // namespace weir
