// VisitUrlQuery, ReadUrlQuery: the parameters behind the '?' of a URL, as HTML forms and curl write
// them: name=value&name=value, percent-encoded, with '+' for a space.
//
// Thread safety: pure functions. Tested by tests/unit/common/url_query_test.cc.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

using UrlParameters = std::vector<std::pair<std::string, std::string>>;

// Gives them away one at a time and keeps none, so that many small ones cost no memory. In their
// order, as often as they stand there; a name without '=' has the empty value. Ends, and is false,
// when `take` is, or at a '%' that is not followed by two hexadecimal digits.
bool VisitUrlQuery(std::string_view query,
                   const std::function<bool(std::string name, std::string value)>& take);

// All of them, some 30 bytes for each of the text; nothing when an encoding is broken.
std::optional<UrlParameters> ReadUrlQuery(std::string_view query);

}  // namespace weir
