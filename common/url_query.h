// ReadUrlQuery: the parameters behind the '?' of a URL, as HTML forms and curl write them:
// name=value&name=value, percent-encoded, with '+' for a space.
//
// Thread safety: pure function. Tested by tests/unit/common/url_query_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

using UrlParameters = std::vector<std::pair<std::string, std::string>>;

// In their order, as often as they stand there; a name without '=' has the empty value. Nothing
// when a '%' is not followed by two hexadecimal digits.
std::optional<UrlParameters> ReadUrlQuery(std::string_view query);

}  // namespace weir
