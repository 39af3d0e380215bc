#include "tests/support/source_dir.h"

namespace weir {

std::filesystem::path SourceDir() { return WEIR_SOURCE_DIR; }

}  // namespace weir
