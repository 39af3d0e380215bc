// SourceDir: the repository's root, where tests read their data. Only source_dir.cc is compiled
// with it, so that a compile cache serves other checkouts too.
#pragma once

#include <filesystem>

namespace weir {

std::filesystem::path SourceDir();

}  // namespace weir
