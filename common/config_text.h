// The bytes of a configuration file: read whole, and found to be text.
//
// Thread safety: free functions. Tested by tests/unit/common/config_text_test.cc, yaml_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "common/diagnostics.h"
#include "common/result.h"

namespace weir {

// Error: "<path>: cannot be read: <why>".
Result<std::string> ReadConfigFile(const std::string& path);

// Whether `text` is UTF-8 without control characters other than tabs and line breaks; if not, adds
// an error that names the first such byte.
bool IsConfigText(std::string_view text, Diagnostics* diagnostics);

}  // namespace weir
