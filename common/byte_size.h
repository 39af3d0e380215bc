// Sizes in bytes as operators write them: "65536", "64KiB", "16MiB", "2 GiB".
//
// Thread safety: pure functions.
// Tested by tests/unit/common/byte_size_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// A whole number, alone or with KiB, MiB or GiB behind it; at most 1024 GiB. Nothing for all else.
std::optional<uint64_t> ParseByteSize(std::string_view text);

// A short text that ParseByteSize reads back exactly: "0", "65000", "16MiB".
std::string ByteSizeText(uint64_t bytes);

}  // namespace weir
