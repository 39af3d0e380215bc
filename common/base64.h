// Base64: the standard alphabet with its padding (RFC 4648), read strictly.
//
// Thread safety: a free function. Tested by tests/unit/common/basic_auth_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Nothing when it is none, or its padding is missing.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace weir
